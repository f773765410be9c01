#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_ROW_DIFFERENCE_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_ROW_DIFFERENCE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace canvass::aggregator {

// A value in the database that is not what the bytes of an entry say.
struct RowDifference {
  std::string table{};        // with its schema
  std::int64_t sequence = 0;  // of the entry
  std::string part{};         // of several rows of an entry: which one, e.g. "station_no 7"
  std::string column{};       // empty if the row itself is missing, or nothing says that it exists
  std::string stored{};       // as FieldText shows it
  std::string expected{};

  bool operator==(const RowDifference&) const = default;
};

// One sentence with everything.
inline std::string Describe(const RowDifference& difference) {
  const std::string row = StrCat(difference.table, ", sequence ", difference.sequence,
                                 difference.part.empty() ? "" : StrCat(", ", difference.part));
  if (difference.column.empty()) {
    return StrCat(row, ": the row is ", difference.stored, ", but should be ", difference.expected);
  }
  return StrCat(row, ", column ", difference.column, ": ", difference.stored,
                " is stored instead of ", difference.expected);
}

// Differences in the order in which they were found. Keeps the first ones and counts all, because a
// table that was updated as a whole has as many as rows.
class RowDifferences {
 public:
  static constexpr std::size_t kKeptMax = 100;

  void Add(RowDifference difference) {
    if (kept_.size() < kKeptMax) kept_.push_back(std::move(difference));
    Count(1);
  }
  // Counts others without keeping them. A forged sequence may make them more than can be counted.
  void Count(std::int64_t others) {
    total_ += std::min(others, std::numeric_limits<std::int64_t>::max() - total_);
  }
  const std::vector<RowDifference>& kept() const { return kept_; }
  std::int64_t total() const { return total_; }

 private:
  std::vector<RowDifference> kept_;
  std::int64_t total_ = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_ROW_DIFFERENCE_H_
