#ifndef CANVASS_COMMON_BASE_ERROR_H_
#define CANVASS_COMMON_BASE_ERROR_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/reason.h"

namespace canvass {

// One field of a request and what is wrong with it.
struct FieldViolation {
  std::string field{};        // path, e.g. "report.ballots.votes[2].count"
  std::string description{};  // includes the numbers that disagree

  bool operator==(const FieldViolation&) const = default;
};

// The machine-readable part of an error. An absl::Status carries it as a payload.
struct ErrorDetail {
  std::string reason{};  // UPPER_SNAKE_CASE, stable; google.rpc.ErrorInfo.reason
  std::vector<FieldViolation> violations{};                     // google.rpc.BadRequest
  std::vector<std::pair<std::string, std::string>> metadata{};  // google.rpc.ErrorInfo.metadata
  int retry_after_ms = 0;                                       // google.rpc.RetryInfo; 0 for none

  bool operator==(const ErrorDetail&) const = default;
};

// Returns an error with the reason's code. REQUIRES: detail.reason is empty. The error's detail
// gets the reason's name.
absl::Status MakeError(const Reason& reason, std::string_view message, ErrorDetail detail = {});

// Like MakeError above, but with another code than the reason's. REQUIRES: detail.reason is empty,
// and code is not OK.
absl::Status MakeError(absl::StatusCode code, const Reason& reason, std::string_view message,
                       ErrorDetail detail = {});

// Returns INVALID_ARGUMENT with one field violation. The message starts with the field.
absl::Status FieldError(const Reason& reason, std::string_view field, std::string_view description);

// Returns an error whose reason is known only as text, e.g. from the wire, from a log or from the
// table of rules. REQUIRES: code is not OK.
absl::Status ErrorWithDetail(absl::StatusCode code, std::string_view message,
                             const ErrorDetail& detail);

// Returns an empty detail if `status` has none.
ErrorDetail DetailOf(const absl::Status& status);

bool HasReason(const absl::Status& status, const Reason& reason);

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_ERROR_H_
