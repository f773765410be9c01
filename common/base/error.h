#ifndef CANVASS_COMMON_BASE_ERROR_H_
#define CANVASS_COMMON_BASE_ERROR_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace canvass {

// What is wrong with one field of a request.
struct FieldViolation {
  std::string field{};        // path, e.g. "report.ballots.votes[2].count"
  std::string description{};  // with the numbers that disagree

  bool operator==(const FieldViolation&) const = default;
};

// What a program needs to know of an error, carried by an absl::Status as a payload.
struct ErrorDetail {
  std::string reason{};  // UPPER_SNAKE_CASE, stable; google.rpc.ErrorInfo.reason
  std::vector<FieldViolation> violations{};                     // google.rpc.BadRequest
  std::vector<std::pair<std::string, std::string>> metadata{};  // google.rpc.ErrorInfo.metadata
  int retry_after_ms = 0;                                       // google.rpc.RetryInfo; 0 for none

  bool operator==(const ErrorDetail&) const = default;
};

// REQUIRES: code is not OK.
absl::Status MakeError(absl::StatusCode code, std::string_view message, const ErrorDetail& detail);

// INVALID_ARGUMENT about one field; the message names it too.
absl::Status FieldError(std::string_view reason, std::string_view field,
                        std::string_view description);

// Empty where `status` carries none.
ErrorDetail DetailOf(const absl::Status& status);

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_ERROR_H_
