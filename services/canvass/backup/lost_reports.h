#ifndef CANVASS_SERVICES_CANVASS_BACKUP_LOST_REPORTS_H_
#define CANVASS_SERVICES_CANVASS_BACKUP_LOST_REPORTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace canvass::cli {

// A station whose newest report that was published is not in the ledger any more.
struct LostReport {
  std::string station_id{};
  std::int64_t revision = 0;
  std::int64_t sequence = 0;  // of its entry

  bool operator==(const LostReport&) const = default;
};

// Reads what `canvass stations ELECTION -o csv` printed before the loss, and returns the reports
// whose entries come after `last_sequence`, in the order of the list. Returns the errors of
// CsvReader, INVALID_ARGUMENT COLUMN_UNKNOWN if a column is missing, and NUMBER_MALFORMED.
absl::StatusOr<std::vector<LostReport>> FindLostReports(std::string_view csv,
                                                        std::int64_t last_sequence);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_BACKUP_LOST_REPORTS_H_
