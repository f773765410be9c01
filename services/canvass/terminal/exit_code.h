#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_EXIT_CODE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_EXIT_CODE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace canvass::cli {

// Exit code of `canvass`.
enum class ExitCode : std::uint8_t {
  kDone = 0,
  kFailed = 1,       // refused, rejected or failed
  kUsage = 2,        // the command line is wrong; nothing was done
  kUnreachable = 3,  // a service could not be reached or did not answer in time
};

ExitCode ExitCodeOf(const absl::Status& status);

// Returns INVALID_ARGUMENT USAGE for a mistake in the command line that the option parser cannot
// detect.
absl::Status UsageError(const std::string& message);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_EXIT_CODE_H_
