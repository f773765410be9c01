#include "common/rpc/message.h"

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::rpc {
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::Slice whole;
  if (bytes.TrySingleSlice(&whole).ok()) {
    return ParseMessage(
        std::string_view(reinterpret_cast<const char*>(whole.begin()), whole.size()), message);
  }
  grpc::ByteBuffer copy = bytes;  // copies only the reference; reading consumes it
  const bool parsed =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&copy, &message)
          .ok();
  return parsed ? absl::OkStatus() : MalformedMessage(message);
}

absl::Status ParseMessage(std::string_view bytes, google::protobuf::Message& message) {
  const bool parsed = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return parsed ? absl::OkStatus() : MalformedMessage(message);
}

absl::Status MalformedMessage(const google::protobuf::Message& message) {
  return MakeError(reason::kMessageMalformed,
                   absl::StrCat("The bytes are not a message of type ", message.GetTypeName(),
                                ", or a text in it is not UTF-8."));
}

absl::Status CheckSize(const google::protobuf::Message& request, std::size_t bytes_max) {
  const std::size_t bytes = request.ByteSizeLong();
  if (bytes <= bytes_max) return absl::OkStatus();
  return FieldError(reason::kRequestTooLarge, "request",
                    absl::StrCat("has ", bytes, " bytes; a ", request.GetTypeName(),
                                 " may have at most ", bytes_max));
}

grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  bool owned = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &bytes,
                                                                             &owned);
  return bytes;
}

}  // namespace canvass::rpc
