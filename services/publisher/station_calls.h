#ifndef CANVASS_SERVICES_PUBLISHER_STATION_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_STATION_CALLS_H_

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/publisher/result_board.h"

// The calls about stations and their reports, as the proto says; they know nothing of gRPC.
namespace canvass::publisher {

// Stations that one ListStationReports looks at; then it gives a short page, perhaps an empty one,
// with a token to go on: a filter that few of a million stations pass would hold up the board.
inline constexpr int kStationsScannedMax = 50'000;

absl::Status GetStationReport(const ResultBoard& board, const v1::GetStationReportRequest& request,
                              v1::GetStationReportResponse& response);
absl::Status ListStationReports(const ResultBoard& board,
                                const v1::ListStationReportsRequest& request,
                                v1::ListStationReportsResponse& response);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_STATION_CALLS_H_
