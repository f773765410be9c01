#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_ELECTION_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_ELECTION_CALLS_H_

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/publisher/board/result_board.h"

// The calls about elections and areas, as their protos describe them. Independent of gRPC.
namespace canvass::publisher {

absl::Status ListElections(const ResultBoard& board, const v1::ListElectionsRequest& request,
                           v1::ListElectionsResponse& response);
absl::Status GetElection(const ResultBoard& board, const v1::GetElectionRequest& request,
                         v1::GetElectionResponse& response);
absl::Status ListAreas(const ResultBoard& board, const v1::ListAreasRequest& request,
                       v1::ListAreasResponse& response);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_ELECTION_CALLS_H_
