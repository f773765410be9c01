#ifndef CANVASS_COMMON_RPC_CALLER_H_
#define CANVASS_COMMON_RPC_CALLER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/identity/policy.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace canvass::rpc {

// Whose share of a service's room a call takes: that of the identity, or, without one, of the
// address that the call comes from (see edge::OwnerOf), because one machine has as many connections
// as it likes.
std::string CallerOf(const grpc::ServerContextBase& context);

// The same for what gRPC calls the peer. A peer that is not one of edge::Listener's is a caller of
// its own.
std::string CallerOf(std::string_view peer);

// Who makes a call.
identity::Peer PeerOf(const grpc::ServerContextBase& context);

// Returns PERMISSION_DENIED CALL_NOT_PERMITTED if the caller may not make this call (see
// identity::CheckCall). Every handler of the reporter and the aggregator asks first.
absl::Status CheckCaller(const grpc::ServerContextBase& context, identity::Call call);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALLER_H_
