#ifndef CANVASS_SERVICES_PUBLISHER_CHANGE_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_CHANGE_CALLS_H_

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/publisher/result_board.h"

// The call about what happened, as the proto says; it knows nothing of gRPC.
namespace canvass::publisher {

// Entries that one ListChanges with an area looks at; then it gives a short page, perhaps an empty
// one, with a token to go on: each has to be decoded.
inline constexpr int kEntriesScannedMax = 20'000;

absl::Status ListChanges(const ResultBoard& board, const v1::ListChangesRequest& request,
                         v1::ListChangesResponse& response);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CHANGE_CALLS_H_
