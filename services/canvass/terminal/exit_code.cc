#include "services/canvass/terminal/exit_code.h"

#include "common/base/error.h"
#include "common/base/reason.h"

namespace canvass::cli {
ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kDone;
  if (HasReason(status, reason::kUsage)) return ExitCode::kUsage;
  const bool unreachable = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return unreachable ? ExitCode::kUnreachable : ExitCode::kFailed;
}

absl::Status UsageError(const std::string& message) { return MakeError(reason::kUsage, message); }

}  // namespace canvass::cli
