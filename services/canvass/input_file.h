#ifndef CANVASS_SERVICES_CANVASS_INPUT_FILE_H_
#define CANVASS_SERVICES_CANVASS_INPUT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass {

// The whole file, or standard input for "-". NOT_FOUND or PERMISSION_DENIED with the system's
// reason.
absl::StatusOr<std::string> ReadInput(const std::string& path);

// Writes a file so that it is there whole or not at all.
absl::Status WriteOutput(const std::string& path, std::string_view content);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_INPUT_FILE_H_
