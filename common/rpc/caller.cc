#include "common/rpc/caller.h"

#include <grpcpp/server_context.h>

#include "common/edge/peer_name.h"

namespace canvass::rpc {

std::string CallerOf(const grpc::ServerContextBase& context) { return CallerOf(context.peer()); }

std::string CallerOf(std::string_view peer) { return std::string(edge::OwnerOfPeer(peer)); }

}  // namespace canvass::rpc
