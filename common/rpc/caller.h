#ifndef CANVASS_COMMON_RPC_CALLER_H_
#define CANVASS_COMMON_RPC_CALLER_H_

#include <string>
#include <string_view>

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace canvass::rpc {

// Whose share of a service's room a call takes: the address that it comes from (of IPv6 the first
// half, see edge::OwnerOf), because one machine has as many connections as it likes. Clients behind
// one address share what it has, until callers are authenticated.
std::string CallerOf(const grpc::ServerContextBase& context);

// The same for what gRPC calls the peer. A peer that is not one of edge::Listener's is a caller of
// its own.
std::string CallerOf(std::string_view peer);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALLER_H_
