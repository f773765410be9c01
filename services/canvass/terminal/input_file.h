#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::cli {

// Largest input that ReadInput takes: five million stations or reports as JSON or CSV. It is kept
// in memory, and a device or pipe may have no end.
inline constexpr std::size_t kInputBytesMax = std::size_t{2} << 30U;

// Reads a whole file, or standard input if `path` is "-". Returns the status of the system error,
// for example NOT_FOUND or PERMISSION_DENIED; FAILED_PRECONDITION if `path` is a directory; and
// RESOURCE_EXHAUSTED INPUT_TOO_LARGE as soon as more than `bytes_max` bytes were read.
absl::StatusOr<std::string> ReadInput(const std::string& path,
                                      std::size_t bytes_max = kInputBytesMax);

// Writes a file atomically: it gets all of `content` or stays as it was.
absl::Status WriteOutput(const std::string& path, std::string_view content);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_INPUT_FILE_H_
