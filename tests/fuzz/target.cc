#include "tests/fuzz/target.h"

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/utf8.h"
#include "common/rpc/status.h"

namespace canvass::fuzz {
namespace {

std::vector<Target>& MutableTargets() {
  static auto* const kTargets = new std::vector<Target>;
  return *kTargets;
}

std::vector<std::string>& MutableLearned() {
  static auto* const kLearned = new std::vector<std::string>;
  return *kLearned;
}

bool IsReasonName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_';
  });
}

}  // namespace

Registration::Registration(Target target) { MutableTargets().push_back(std::move(target)); }

const std::vector<Target>& Targets() { return MutableTargets(); }

void Require(bool holds, std::string_view property) {
  if (!holds) throw std::logic_error("This does not hold: " + std::string(property));
}

void RequireReason(const absl::Status& status) {
  if (!IsReasonName(DetailOf(status).reason) || absl::IsInternal(status)) {
    throw std::logic_error("An error has no reason, or means a bug: " + status.ToString());
  }
}

void RequireGoodError(const absl::Status& status) {
  RequireReason(status);
  Require(IsUtf8(std::string_view(status.message().data(), status.message().size())),
          "the message of an error is UTF-8");
  const grpc::Status sent = rpc::ToGrpcStatus(status);
  Require(sent.error_details().size() <= rpc::kStatusBytesMax, "an error fits into a trailer");
  const absl::Status received = rpc::FromGrpcStatus(sent);
  Require(received.code() == status.code() && DetailOf(received).reason == DetailOf(status).reason,
          "a client gets code and reason of an error");
}

void RequireReadable(const google::protobuf::Message& message, std::size_t bytes_max) {
  std::string bytes;
  Require(message.SerializeToString(&bytes), "a message can be serialized");
  Require(bytes.size() <= bytes_max, "an answer stays below its limit");
  const std::unique_ptr<google::protobuf::Message> read(message.New());
  Require(read->ParseFromString(bytes), "a client can read the message: its texts are UTF-8");
}

void Learn(const std::string& text) {
  constexpr std::size_t kLearnedMax = 64;
  std::vector<std::string>& learned = MutableLearned();
  if (text.empty() || std::find(learned.begin(), learned.end(), text) != learned.end()) return;
  if (learned.size() == kLearnedMax) learned.erase(learned.begin());
  learned.push_back(text);
}

const std::vector<std::string>& Learned() { return MutableLearned(); }

}  // namespace canvass::fuzz
