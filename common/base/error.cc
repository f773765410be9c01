#include "common/base/error.h"

#include <cassert>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/reason.h"
#include "common/base/text.h"

// The payload never leaves the process. common/rpc converts it to google.rpc details. Its grammar:
//
//   payload  = text(reason) number(retry_after_ms)
//              number(n) n * (text(field) text(description))
//              number(n) n * (text(key) text(value))
//   text     = number(length) length * byte
//   number   = 1*digit ":"
namespace canvass {
namespace {

constexpr absl::string_view kTypeUrl = "canvass/error-detail";

void AppendText(std::string& payload, std::string_view text) {
  StrAppend(&payload, text.size(), ":", text);
}

void AppendNumber(std::string& payload, std::size_t number) { StrAppend(&payload, number, ":"); }

std::string ToPayload(const ErrorDetail& detail) {
  std::string payload;
  AppendText(payload, detail.reason);
  AppendNumber(payload, static_cast<std::size_t>(detail.retry_after_ms));
  AppendNumber(payload, detail.violations.size());
  for (const FieldViolation& violation : detail.violations) {
    AppendText(payload, violation.field);
    AppendText(payload, violation.description);
  }
  AppendNumber(payload, detail.metadata.size());
  for (const auto& [key, value] : detail.metadata) {
    AppendText(payload, key);
    AppendText(payload, value);
  }
  return payload;
}

// Reads values from the front of a payload. ok() becomes false if a value is missing or malformed.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view rest) : rest_(rest) {}

  std::size_t Number() {
    std::size_t number = 0;
    const char* const end = rest_.data() + rest_.size();
    const auto [after, error] = std::from_chars(rest_.data(), end, number);
    if (error != std::errc() || after == end || *after != ':') {
      ok_ = false;
      return 0;
    }
    rest_.remove_prefix(static_cast<std::size_t>(after - rest_.data()) + 1);
    return number;
  }

  std::string Text() {
    const std::size_t length = Number();
    if (length > rest_.size()) ok_ = false;
    if (!ok_) return {};
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }

  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

ErrorDetail FromPayload(std::string_view payload) {
  PayloadReader reader(payload);
  ErrorDetail detail;
  detail.reason = reader.Text();
  detail.retry_after_ms = static_cast<int>(reader.Number());
  for (std::size_t left = reader.Number(); left > 0 && reader.ok(); --left) {
    std::string field = reader.Text();
    detail.violations.push_back({.field = std::move(field), .description = reader.Text()});
  }
  for (std::size_t left = reader.Number(); left > 0 && reader.ok(); --left) {
    std::string key = reader.Text();
    detail.metadata.emplace_back(std::move(key), reader.Text());
  }
  return reader.ok() ? detail : ErrorDetail{};
}

}  // namespace

absl::Status MakeError(const Reason& reason, std::string_view message, ErrorDetail detail) {
  return MakeError(reason.code, reason, message, std::move(detail));
}

absl::Status MakeError(absl::StatusCode code, const Reason& reason, std::string_view message,
                       ErrorDetail detail) {
  assert(code != absl::StatusCode::kOk && detail.reason.empty());
  detail.reason = reason.name;
  return ErrorWithDetail(code, message, detail);
}

absl::Status FieldError(const Reason& reason, std::string_view field,
                        std::string_view description) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason, StrCat(field, ": ", description),
      {.violations = {{.field = std::string(field), .description = std::string(description)}}});
}

absl::Status ErrorWithDetail(absl::StatusCode code, std::string_view message,
                             const ErrorDetail& detail) {
  assert(code != absl::StatusCode::kOk);
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(kTypeUrl, absl::Cord(ToPayload(detail)));
  return status;
}

ErrorDetail DetailOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kTypeUrl);
  if (!payload) return {};
  const std::string text(*payload);
  return FromPayload(text);
}

bool HasReason(const absl::Status& status, const Reason& reason) {
  return DetailOf(status).reason == reason.name;
}

}  // namespace canvass
