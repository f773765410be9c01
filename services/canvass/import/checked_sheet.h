#ifndef CANVASS_SERVICES_CANVASS_IMPORT_CHECKED_SHEET_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_CHECKED_SHEET_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/tally.h"
#include "services/canvass/import/row_fault.h"
#include "services/canvass/import/station_sheet.h"

namespace canvass::cli {

// Report that no rule rejects.
struct CheckedStation {
  int station_no = 0;  // in CheckedSheet.definition
  std::vector<RowPlace> rows{};
  election::Counts counts{};
  std::optional<absl::Time> counted_at{};
  bool held = false;
};

// Sheet that has been checked with the rules that the services apply.
struct CheckedSheet {
  election::DefinitionChange change{};  // complete, as for a new election
  election::Definition definition{};    // what it defines
  std::vector<CheckedStation> stations{};
  // Rows that could not be read, and reports that a rule rejects. Ordered by line.
  std::vector<Rejection> rejections{};
  // Number of reports by rule and severity.
  std::map<std::pair<election::Rule, election::Severity>, std::int64_t> findings{};
  std::vector<std::string> notes{};
  std::int64_t rows = 0;
};

// Checks the definition and each report as the services do. `now` is the time for POLLS_NOT_CLOSED.
// Returns the errors of CheckDefinitionChange.
absl::StatusOr<CheckedSheet> CheckStationSheet(StationSheet sheet, absl::Time now);

// Returns the numbers of a report that the services have recorded, in the order of this definition.
// Numbers that do not fit the definition are unknown.
election::Counts CountsOf(const election::Definition& definition,
                          const election::StationReport& report);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_CHECKED_SHEET_H_
