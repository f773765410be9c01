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

// Serialized messages for code that forwards them without parsing or serializing them again.
namespace canvass::rpc {

// Returns the elements of the repeated field `number` of the serialized message `bytes`, in order,
// as views into `bytes`. Skips other fields. Returns nullopt if `bytes` is not a message. Does not
// check that the elements have the field's type.
std::optional<std::vector<std::string_view>> SplitMessages(std::string_view bytes, int number);

// Largest number of bytes that AppendMessage adds to the message's own size, for a field number
// below 16.
inline constexpr std::size_t kFieldOverheadMax = 6;
// Appends `message` as an element of field `number` to the serialized message `bytes`.
void AppendMessage(int number, std::string_view message, std::string& bytes);
void AppendMessage(int number, const google::protobuf::Message& message, std::string& bytes);

// Returns the contents of `buffer` as one string.
std::string ToBytes(const grpc::ByteBuffer& buffer);

// Takes ownership of `bytes` without copying them.
grpc::ByteBuffer ToByteBuffer(std::string bytes);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_MESSAGE_BYTES_H_
