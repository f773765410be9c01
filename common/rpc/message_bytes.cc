#include "common/rpc/message_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace canvass::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

std::uint32_t TagOf(int number) {
  return WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

void AppendVarint(std::uint32_t value, std::string& bytes) {
  std::array<std::uint8_t, 5> varint{};  // maximum for 32 bits
  const std::uint8_t* const end = CodedOutputStream::WriteVarint32ToArray(value, varint.data());
  bytes.append(reinterpret_cast<const char*>(varint.data()),
               static_cast<std::size_t>(end - varint.data()));
}

}  // namespace

std::optional<std::vector<std::string_view>> SplitMessages(std::string_view bytes, int number) {
  CodedInputStream input(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  const std::uint32_t wanted = TagOf(number);
  std::vector<std::string_view> messages;
  while (const std::uint32_t tag = input.ReadTag()) {
    if (tag != wanted) {
      if (!WireFormatLite::SkipField(&input, tag)) return std::nullopt;
      continue;
    }
    std::uint32_t size = 0;
    if (!input.ReadVarint32(&size)) return std::nullopt;
    const auto start = static_cast<std::size_t>(input.CurrentPosition());
    if (size > bytes.size() - start || !input.Skip(static_cast<int>(size))) return std::nullopt;
    messages.push_back(bytes.substr(start, size));
  }
  if (!input.ConsumedEntireMessage()) return std::nullopt;
  return messages;
}

void AppendMessage(int number, std::string_view message, std::string& bytes) {
  AppendVarint(TagOf(number), bytes);
  AppendVarint(static_cast<std::uint32_t>(message.size()), bytes);
  bytes.append(message);
}

void AppendMessage(int number, const google::protobuf::Message& message, std::string& bytes) {
  AppendVarint(TagOf(number), bytes);
  AppendVarint(static_cast<std::uint32_t>(message.ByteSizeLong()), bytes);
  message.AppendToString(&bytes);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  auto owned = std::make_unique<std::string>(std::move(bytes));
  std::string* const text = owned.release();
  const grpc::Slice slice(
      text->data(), text->size(), [](void* taken) { delete static_cast<std::string*>(taken); },
      text);
  return {&slice, 1};
}

}  // namespace canvass::rpc
