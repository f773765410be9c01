#include "common/rpc/caller.h"

#include <grpcpp/server_context.h>

#include "common/edge/peer_name.h"

namespace canvass::rpc {

std::string CallerOf(const grpc::ServerContextBase& context) { return CallerOf(context.peer()); }

std::string CallerOf(std::string_view peer) { return edge::ReadPeerName(peer).owner; }

identity::Peer PeerOf(const grpc::ServerContextBase& context) {
  return edge::ReadPeerName(context.peer()).peer;
}

absl::Status CheckCaller(const grpc::ServerContextBase& context, identity::Call call) {
  return identity::CheckCall(call, PeerOf(context));
}

}  // namespace canvass::rpc
