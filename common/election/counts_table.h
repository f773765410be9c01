#ifndef CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_
#define CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/election/tally.h"

namespace canvass::election {

// Many Counts of one contest, each in 4 bytes a number. Rows lie in blocks that never move: growing
// copies nothing and never needs the memory of all rows twice.
class CountsTable {
 public:
  explicit CountsTable(std::size_t candidates);

  // REQUIRES: one number for each candidate.
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
