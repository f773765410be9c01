#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::cli {

// Reads a whole file, or standard input if `path` is "-". Returns the status of the system error,
// for example NOT_FOUND or PERMISSION_DENIED.
absl::StatusOr<std::string> ReadInput(const std::string& path);

// Writes a file atomically: it gets all of `content` or stays as it was.
absl::Status WriteOutput(const std::string& path, std::string_view content);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_
