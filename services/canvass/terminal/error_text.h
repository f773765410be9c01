#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_ERROR_TEXT_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace canvass::cli {

// Formats an error for people: the message with its reason in brackets, then one line for each
// field violation and each metadata entry. Every line ends with a newline. Omits a violation that
// the message already contains. REQUIRES: `status` is not OK.
std::string ErrorText(const absl::Status& status);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_ERROR_TEXT_H_
