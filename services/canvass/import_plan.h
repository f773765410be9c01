#ifndef CANVASS_SERVICES_CANVASS_IMPORT_PLAN_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/canvass/checked_sheet.h"
#include "services/canvass/row_fault.h"

namespace canvass {

// What the services have of a station already: its newest revision, held or not.
struct RecordedStation {
  std::int32_t revision = 0;
  election::Counts counts{};
  std::optional<absl::Time> counted_at{};
};

using RecordedStations = absl::flat_hash_map<std::string, RecordedStation>;  // by station id

// One report that is to be sent.
struct PlannedReport {
  std::size_t index = 0;  // in CheckedSheet.stations
  std::int32_t revision = 1;
};

// What an import has to send.
struct ImportPlan {
  std::vector<PlannedReport> reports{};  // in the order of the file
  std::int64_t unchanged = 0;            // recorded already, with the same content
  std::vector<Rejection> rejections{};   // corrections without a reason
};

// Compares a sheet with what is recorded: a station that is missing there is sent; one whose
// numbers (or time, where the file gives one) differ is corrected by the next revision, which needs
// a reason; one that is equal is left alone. Without a reason a correction is rejected with
// CORRECTION_REASON_MISSING.
ImportPlan PlanImport(const CheckedSheet& sheet, const RecordedStations& recorded,
                      const std::string& reason);

// The report as it is sent. `reason` is for corrections alone.
v1::StationReport ReportToSend(const CheckedSheet& sheet, const PlannedReport& planned,
                               const std::string& reason);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_PLAN_H_
