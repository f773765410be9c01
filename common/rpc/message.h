#ifndef CANVASS_COMMON_RPC_MESSAGE_H_
#define CANVASS_COMMON_RPC_MESSAGE_H_

#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class ByteBuffer;
}  // namespace grpc

// Messages of handlers that read bytes. gRPC answers a unary call whose message it cannot parse
// with UNIMPLEMENTED, and shows such a message to a stream's handler as the end of the stream: what
// a client sent afterwards would be lost without a word.
namespace canvass::rpc {

// INVALID_ARGUMENT MESSAGE_MALFORMED for bytes that are not such a message, or whose text is not
// UTF-8.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
// A message that was parsed into before keeps its memory: of many alike, one after the other costs
// half as much as all at once.
absl::Status ParseMessage(std::string_view bytes, google::protobuf::Message& message);

// What both say of bytes that are no message of the type of `message`.
absl::Status MalformedMessage(const google::protobuf::Message& message);

grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_MESSAGE_H_
