#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_SHAPE_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_SHAPE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "canvass/v1/report.pb.h"

// Checks that the reporter makes itself. It refuses only reports that the aggregator could not keep
// in any list of refused reports. The aggregator judges everything else.
namespace canvass::station_reporter {

// Largest report. A thousand candidates with long ids take a tenth of it. Limited because one
// report must not fill a message that it shares with others.
inline constexpr std::size_t kReportBytesMax = std::size_t{1} << 20U;

// Returns INVALID_ARGUMENT with FIELD_MISSING for "report.election_id", or with REPORT_TOO_LARGE.
// `bytes` is the size of the report on the wire.
absl::Status CheckShape(const v1::StationReport& report, std::size_t bytes);

// Returns the REFUSED receipt of a report for which CheckShape returned `error`.
v1::Receipt RefusedReceipt(const v1::StationReport& report, const absl::Status& error);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_REPORT_SHAPE_H_
