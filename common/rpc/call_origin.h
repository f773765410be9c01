#ifndef CANVASS_COMMON_RPC_CALL_ORIGIN_H_
#define CANVASS_COMMON_RPC_CALL_ORIGIN_H_

#include <string>

#include "common/telemetry/log_line.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace canvass::rpc {

// Where a call comes from, as the log says it. What the caller says itself is kept only if it is
// well-formed.
struct CallOrigin {
  std::string request_id{};   // the caller's x-request-id, or a new one
  std::string identity{};     // whose call it is
  std::string traceparent{};  // the caller's, for W3C Trace Context; empty if there is none

  // Adds request_id, identity, trace_id and span_id.
  void AddTo(telemetry::LogFields& fields) const;
};

CallOrigin OriginOf(const grpc::ServerContextBase& context);

// The traceparent of the call alone, which costs less; empty if there is none or it is malformed.
std::string TraceparentOf(const grpc::ServerContextBase& context);

// Adds trace_id and span_id of a traceparent; nothing if it is malformed.
void AddTrace(const std::string& traceparent, telemetry::LogFields& fields);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALL_ORIGIN_H_
