#ifndef CANVASS_SERVICES_CANVASS_CHECKED_SHEET_H_
#define CANVASS_SERVICES_CANVASS_CHECKED_SHEET_H_

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
#include "services/canvass/row_fault.h"
#include "services/canvass/station_sheet.h"

namespace canvass {

// A report that no rule rejects.
struct CheckedStation {
  int station_no = 0;  // in CheckedSheet.definition
  std::vector<RowPlace> rows{};
  election::Counts counts{};
  std::optional<absl::Time> counted_at{};
  bool held = false;
};

// A sheet that went through the rules that the services will apply.
struct CheckedSheet {
  election::DefinitionChange change{};  // whole, as a first definition
  election::Definition definition{};    // what it defines
  std::vector<CheckedStation> stations{};
  std::vector<Rejection> rejections{};  // the sheet's own, and reports that a rule rejects; by line
  std::map<std::pair<election::Rule, election::Severity>, std::int64_t>
      findings{};  // reports by rule
  std::vector<std::string> notes{};
  std::int64_t rows = 0;
};

// Checks the definition and each report as the services do. `now`: for POLLS_NOT_CLOSED. Errors are
// those of CheckDefinitionChange.
absl::StatusOr<CheckedSheet> CheckStationSheet(StationSheet sheet, absl::Time now);

// The numbers of a report that the services have, as this definition reads them; unknown ones where
// it cannot.
election::Counts CountsOf(const election::Definition& definition,
                          const election::StationReport& report);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_CHECKED_SHEET_H_
