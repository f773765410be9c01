#ifndef CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_
#define CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/election/tally.h"

namespace canvass::election {

// A table of Counts of one contest, with 4 bytes for each number. Rows are stored in blocks that
// never move, so growing copies nothing and never needs memory for all rows twice.
class CountsTable {
 public:
  explicit CountsTable(std::size_t candidates);

  // REQUIRES: `counts` has one number for each candidate.
  void Append(const Counts& counts);
  std::size_t size() const { return size_; }
  // REQUIRES: row < size().
  Counts Get(std::size_t row) const;

 private:
  static constexpr std::size_t kBlockRows = 1024;

  std::size_t candidates_;
  std::size_t size_ = 0;
  std::vector<std::vector<std::int32_t>> blocks_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_
