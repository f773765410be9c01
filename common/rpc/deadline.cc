#include "common/rpc/deadline.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::rpc {
namespace {

// Time until the deadline, negative if it has passed, or nullopt if the client set none.
std::optional<absl::Duration> TimeUntilDeadline(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  return absl::FromChrono(deadline - std::chrono::system_clock::now());
}

}  // namespace

std::chrono::system_clock::time_point TimeIn(absl::Duration timeout) {
  return absl::ToChronoTime(absl::FromChrono(std::chrono::system_clock::now()) + timeout);
}

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(TimeIn(timeout));
}

absl::Status CheckDeadline(const grpc::CallbackServerContext& context) {
  const std::optional<absl::Duration> left = TimeUntilDeadline(context);
  if (!left) return absl::OkStatus();
  if (*left <= absl::ZeroDuration()) {
    return MakeError(reason::kDeadlinePast,
                     "The deadline passed before the server handled the call.");
  }
  if (*left > kDeadlineAcceptedMax) {
    return MakeError(
        reason::kDeadlineOutOfRange,
        absl::StrCat("The deadline is ", absl::FormatDuration(absl::Trunc(*left, absl::Seconds(1))),
                     " in the future; at most ", absl::FormatDuration(kDeadlineAcceptedMax),
                     " is allowed."),
        {.metadata = {
             {"deadline_seconds", absl::StrCat(absl::ToInt64Seconds(*left))},
             {"deadline_seconds_max", absl::StrCat(absl::ToInt64Seconds(kDeadlineAcceptedMax))}}});
  }
  return absl::OkStatus();
}

absl::Duration TimeLeft(const grpc::CallbackServerContext& context) {
  const absl::Duration left = TimeUntilDeadline(context).value_or(kDeadlineDefault);
  return std::clamp(left, absl::ZeroDuration(), kDeadlineMax);
}

}  // namespace canvass::rpc
