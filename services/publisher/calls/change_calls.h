#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_CHANGE_CALLS_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_CHANGE_CALLS_H_

#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "services/publisher/board/result_board.h"

// ListChanges, as its proto describes it. Independent of gRPC.
namespace canvass::publisher {

// Largest number of entries that one ListChanges with an area scans, because each has to be
// decoded. After that it returns a short page, perhaps an empty one, with a token to continue.
inline constexpr int kEntriesScannedMax = 20'000;

absl::Status ListChanges(const ResultBoard& board, const v1::ListChangesRequest& request,
                         v1::ListChangesResponse& response);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_CHANGE_CALLS_H_
