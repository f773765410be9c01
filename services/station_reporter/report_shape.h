#ifndef CANVASS_SERVICES_STATION_REPORTER_REPORT_SHAPE_H_
#define CANVASS_SERVICES_STATION_REPORTER_REPORT_SHAPE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "canvass/v1/report.pb.h"

// What a reporter refuses by itself: only what the aggregator could not keep in any list of refused
// reports. Everything else is for the aggregator to judge.
namespace canvass::station_reporter {

// Largest report: a thousand candidates with long ids take a tenth of it. One report must not fill
// a message that it shares with others.
inline constexpr std::size_t kReportBytesMax = std::size_t{1} << 20U;

// INVALID_ARGUMENT FIELD_MISSING for "report.election_id", REPORT_TOO_LARGE. `bytes`: its size on
// the wire.
absl::Status CheckShape(const v1::StationReport& report, std::size_t bytes);

// The REFUSED receipt of a report that CheckShape refused with `error`.
v1::Receipt RefusedReceipt(const v1::StationReport& report, const absl::Status& error);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_REPORT_SHAPE_H_
