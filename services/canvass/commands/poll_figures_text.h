#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_POLL_FIGURES_TEXT_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_POLL_FIGURES_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "canvass/v1/report.pb.h"

namespace canvass::cli {

// Parses a share such as "ilham-aliyev=93.9". Returns INVALID_ARGUMENT USAGE for anything without
// an id and a number.
absl::StatusOr<v1::PollShare> ParsePollShare(const std::string& text);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_POLL_FIGURES_TEXT_H_
