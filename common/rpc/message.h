#ifndef CANVASS_COMMON_RPC_MESSAGE_H_
#define CANVASS_COMMON_RPC_MESSAGE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class ByteBuffer;
}  // namespace grpc

// Messages for handlers that read raw bytes. If gRPC cannot parse the request of a unary call, it
// answers UNIMPLEMENTED. If it cannot parse a message of a stream, the handler sees the end of the
// stream, and everything that the client sends afterwards is lost silently.
namespace canvass::rpc {

// Parses `bytes` into `message`. Returns INVALID_ARGUMENT MESSAGE_MALFORMED if the bytes are not a
// message of this type or if a text field is not UTF-8.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
// Same for contiguous bytes. A reused `message` keeps its memory: parsing many similar messages
// into the same object costs half as much as parsing each into its own.
absl::Status ParseMessage(std::string_view bytes, google::protobuf::Message& message);

// The error that ParseMessage returns for the type of `message`.
absl::Status MalformedMessage(const google::protobuf::Message& message);

// Largest request that is no report, no definition and no decision. The longest page token with the
// longest ids has less than 1 KiB.
inline constexpr std::size_t kRequestBytesMax = std::size_t{64} << 10U;

// Returns INVALID_ARGUMENT REQUEST_TOO_LARGE if `request` has more than `bytes_max` bytes, fields
// that are unknown included. gRPC keeps a request for as long as its call is open.
absl::Status CheckSize(const google::protobuf::Message& request,
                       std::size_t bytes_max = kRequestBytesMax);

grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_MESSAGE_H_
