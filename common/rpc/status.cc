#include "common/rpc/status.h"

#include <google/protobuf/any.pb.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace canvass::rpc {
namespace {

constexpr char kLeftOutKey[] = "violations_left_out";

// Longer texts of an error are truncated.
constexpr std::size_t kTextBytesMax = 1024;

// Length of the character that `text` starts with, or 0 if it is not UTF-8.
std::size_t CharacterBytes(std::string_view text) {
  const int leading_ones = std::countl_one(static_cast<unsigned char>(text.front()));
  const std::string_view character = text.substr(0, leading_ones == 0 ? 1 : Index(leading_ones));
  return IsUtf8(character) ? character.size() : 0;
}

// Returns `text` truncated to kTextBytesMax, with each byte that is not UTF-8 replaced by "?". One
// such byte in a string field would make all details unreadable.
std::string Presentable(std::string_view text) {
  std::string presentable;
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    if (presentable.size() + std::max<std::size_t>(bytes, 1) > kTextBytesMax) {
      return presentable + "...";
    }
    if (bytes == 0) {
      presentable += '?';
    } else {
      presentable += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return presentable;
}

// Size of a status in the trailers: the message is percent-encoded, the details are in base64.
std::size_t WireBytes(const std::string& message, const google::rpc::Status& details) {
  const auto encoded = std::count_if(message.begin(), message.end(),
                                     [](char c) { return c < ' ' || c > '~' || c == '%'; });
  return message.size() + 2 * static_cast<std::size_t>(encoded) +
         (details.ByteSizeLong() + 2) / 3 * 4;
}

google::rpc::ErrorInfo ErrorInfoOf(const ErrorDetail& detail, std::size_t violations_left_out) {
  google::rpc::ErrorInfo info;
  info.set_reason(Presentable(detail.reason));
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : detail.metadata) {
    (*info.mutable_metadata())[Presentable(key)] = Presentable(value);
  }
  if (violations_left_out > 0) {
    (*info.mutable_metadata())[kLeftOutKey] = StrCat(violations_left_out);
  }
  return info;
}

// Returns the details with only the first `violations` violations.
google::rpc::Status DetailsOf(const absl::Status& status, const std::string& message,
                              const ErrorDetail& detail, std::size_t violations) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  details.add_details()->PackFrom(ErrorInfoOf(detail, detail.violations.size() - violations));
  if (violations > 0) {
    google::rpc::BadRequest bad_request;
    for (std::size_t i = 0; i < violations; ++i) {
      google::rpc::BadRequest::FieldViolation& violation = *bad_request.add_field_violations();
      violation.set_field(Presentable(detail.violations[i].field));
      violation.set_description(Presentable(detail.violations[i].description));
    }
    details.add_details()->PackFrom(bad_request);
  }
  if (detail.retry_after_ms > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(detail.retry_after_ms / 1000);
    retry.mutable_retry_delay()->set_nanos(detail.retry_after_ms % 1000 * 1'000'000);
    details.add_details()->PackFrom(retry);
  }
  return details;
}

// Returns the details with as many violations as fit.
google::rpc::Status FittingDetailsOf(const absl::Status& status, const std::string& message,
                                     const ErrorDetail& detail) {
  std::size_t violations = detail.violations.size();
  google::rpc::Status details = DetailsOf(status, message, detail, violations);
  while (violations > 0 && WireBytes(message, details) > kStatusBytesMax) {
    // Halves large numbers first, because a report with thousands of unknown candidates has
    // thousands of violations.
    violations = violations > 64 ? violations / 2 : violations - 1;
    details = DetailsOf(status, message, detail, violations);
  }
  return details;
}

void ReadDetail(const google::protobuf::Any& any, ErrorDetail& detail) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  if (any.UnpackTo(&info)) {
    detail.reason = info.reason();
    detail.metadata.assign(info.metadata().begin(), info.metadata().end());
    std::sort(detail.metadata.begin(), detail.metadata.end());
  } else if (any.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      detail.violations.push_back(
          {.field = violation.field(), .description = violation.description()});
    }
  } else if (any.UnpackTo(&retry)) {
    const std::int64_t ms =
        retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000;
    detail.retry_after_ms = static_cast<int>(std::clamp<std::int64_t>(ms, 0, 86'400'000));
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::string_view text = status.message();
  const std::string message = Presentable({text.data(), text.size()});
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const ErrorDetail detail = DetailOf(status);
  if (detail == ErrorDetail{}) return {code, message};
  return {code, message, FittingDetailsOf(status, message, detail).SerializeAsString()};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  ErrorDetail detail;
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& any : details.details()) ReadDetail(any, detail);
  }
  if (detail == ErrorDetail{}) return {code, status.error_message()};
  return ErrorWithDetail(code, status.error_message(), detail);
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace canvass::rpc
