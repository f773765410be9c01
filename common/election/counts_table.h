#ifndef CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_
#define CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/election/tally.h"

namespace canvass::election {

// Counts of one contest, each in a row of as many bytes as its numbers need: one for a number below
// 127, two below 16 383. Rows are stored in blocks that never move, so growing copies nothing and
// never needs memory for all rows twice.
class CountsTable {
 public:
  explicit CountsTable(std::size_t candidates);

  // Where a row begins.
  using Place = std::uint32_t;
  // The process ends when the blocks have 16 GiB. REQUIRES: `counts` has one number for each
  // candidate.
  Place Append(const Counts& counts);
  // REQUIRES: Append returned `place`.
  Counts Get(Place place) const;

 private:
  std::size_t candidates_;
  std::size_t row_bytes_max_;
  std::size_t block_bytes_;
  std::vector<std::string> blocks_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNTS_TABLE_H_
