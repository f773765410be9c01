#include "services/canvass/import/import_plan.h"

#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/election/event.h"
#include "common/rpc/report_proto.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

bool IsSame(const CheckedStation& station, const RecordedStation& recorded) {
  const bool same_time = !station.counted_at || station.counted_at == recorded.counted_at;
  return same_time && station.counts == recorded.counts;
}

Rejection ReasonMissing(const CheckedStation& station, const std::string& station_id,
                        std::int32_t revision) {
  return {.rows = station.rows,
          .faults =
              {{.rule = std::string(reason::kCorrectionReasonMissing.name),
                .field = "reason",
                .numbers = fmt::format("revision={}", revision),
                .message = fmt::format(
                    "{} is recorded with other numbers as revision {}; a correction needs --reason",
                    station_id, revision)}},
          .station_no = station.station_no};
}

}  // namespace

ImportPlan PlanImport(const CheckedSheet& sheet, const RecordedStations& recorded,
                      const std::string& reason) {
  ImportPlan plan;
  for (std::size_t i = 0; i < sheet.stations.size(); ++i) {
    const CheckedStation& station = sheet.stations[i];
    const std::string& id = sheet.definition.stations()[Index(station.station_no)].id;
    const auto known = recorded.find(id);
    if (known == recorded.end()) {
      plan.reports.push_back({.index = i, .revision = 1});
    } else if (IsSame(station, known->second)) {
      ++plan.unchanged;
    } else if (reason.empty()) {
      plan.rejections.push_back(ReasonMissing(station, id, known->second.revision));
    } else {
      plan.reports.push_back({.index = i, .revision = known->second.revision + 1});
    }
  }
  return plan;
}

v1::StationReport ReportToSend(const CheckedSheet& sheet, const PlannedReport& planned,
                               const std::string& reason) {
  const CheckedStation& station = sheet.stations[planned.index];
  election::ReportRecorded report = {.key = {.station_no = station.station_no},
                                     .revision = planned.revision,
                                     .counts = station.counts,
                                     .counted_at = station.counted_at};
  if (planned.revision > 1) report.reason = reason;
  return rpc::ToProto(sheet.definition, report);
}

}  // namespace canvass::cli
