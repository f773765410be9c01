#ifndef CANVASS_SERVICES_CANVASS_POLL_FIGURES_TEXT_H_
#define CANVASS_SERVICES_CANVASS_POLL_FIGURES_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "canvass/v1/report.pb.h"

namespace canvass {

// "ilham-aliyev=93.9". INVALID_ARGUMENT USAGE for anything without an id and a number.
absl::StatusOr<v1::PollShare> ParsePollShare(const std::string& text);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_POLL_FIGURES_TEXT_H_
