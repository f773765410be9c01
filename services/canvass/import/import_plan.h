#ifndef CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_PLAN_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "services/canvass/import/checked_sheet.h"
#include "services/canvass/import/row_fault.h"

namespace canvass::cli {

// Recorded report of a station: its newest revision, held or not.
struct RecordedStation {
  std::int32_t revision = 0;
  election::Counts counts{};
  std::optional<absl::Time> counted_at{};
};

using RecordedStations = absl::flat_hash_map<std::string, RecordedStation>;  // by station id

// One report to send.
struct PlannedReport {
  std::size_t index = 0;  // in CheckedSheet.stations
  std::int32_t revision = 1;
};

// What an import must send.
struct ImportPlan {
  std::vector<PlannedReport> reports{};  // in the order of the file
  std::int64_t unchanged = 0;            // already recorded with the same content
  std::vector<Rejection> rejections{};   // corrections without a reason
};

// Compares a sheet with the recorded reports. A station without a recorded report is sent. A
// station with different numbers (or another time, if the file gives one) is corrected by the next
// revision. A station with equal numbers is not sent. Without a `reason`, corrections are rejected
// with CORRECTION_REASON_MISSING.
ImportPlan PlanImport(const CheckedSheet& sheet, const RecordedStations& recorded,
                      const std::string& reason);

// Returns the report to send. Only corrections use `reason`.
v1::StationReport ReportToSend(const CheckedSheet& sheet, const PlannedReport& planned,
                               const std::string& reason);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_PLAN_H_
