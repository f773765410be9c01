#ifndef CANVASS_COMMON_RPC_MESSAGE_BYTES_H_
#define CANVASS_COMMON_RPC_MESSAGE_BYTES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class ByteBuffer;
}  // namespace grpc

// Messages as bytes on the wire, for who hands them on: they are neither made nor written again.
namespace canvass::rpc {

// The messages that `bytes`, a message itself, has in its repeated field `number`: in their order,
// as views of the bytes. Other fields are passed over. Nothing if the bytes are no message; whether
// those in the field are of their type is not looked at.
std::optional<std::vector<std::string_view>> SplitMessages(std::string_view bytes, int number);

// What AppendMessage adds to the message's own bytes, at most, where the field's number is
// below 16.
inline constexpr std::size_t kFieldOverheadMax = 6;
// Adds `message` to field `number` of the message that `bytes` is.
void AppendMessage(int number, std::string_view message, std::string& bytes);
void AppendMessage(int number, const google::protobuf::Message& message, std::string& bytes);

// In one piece.
std::string ToBytes(const grpc::ByteBuffer& buffer);

// Takes the bytes over without a copy.
grpc::ByteBuffer ToByteBuffer(std::string bytes);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_MESSAGE_BYTES_H_
