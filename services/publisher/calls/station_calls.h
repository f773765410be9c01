#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_STATION_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_STATION_CALLS_H_

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/publisher/board/result_board.h"

// The calls about stations and their reports, as their protos describe them. Independent of gRPC.
namespace canvass::publisher {

// Largest number of stations that one ListStationReports scans. A filter that few of a million
// stations pass would otherwise block the board for too long. After that it returns a short page,
// perhaps an empty one, with a token to continue.
inline constexpr int kStationsScannedMax = 50'000;

absl::Status GetStationReport(const ResultBoard& board, const v1::GetStationReportRequest& request,
                              v1::GetStationReportResponse& response);
absl::Status ListStationReports(const ResultBoard& board,
                                const v1::ListStationReportsRequest& request,
                                v1::ListStationReportsResponse& response);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_STATION_CALLS_H_
