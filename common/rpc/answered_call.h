#ifndef CANVASS_COMMON_RPC_ANSWERED_CALL_H_
#define CANVASS_COMMON_RPC_ANSWERED_CALL_H_

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace canvass::rpc {

// Finishes a unary call, and counts its response among the UnreadAnswers of the process until the
// client has read it. For calls whose response was made at once; ListCalls does the same for lists.
grpc::ServerUnaryReactor* FinishCounted(grpc::CallbackServerContext* context,
                                        const google::protobuf::Message& response,
                                        const absl::Status& status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_ANSWERED_CALL_H_
