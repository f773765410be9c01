#ifndef CANVASS_SERVICES_CANVASS_ERROR_TEXT_H_
#define CANVASS_SERVICES_CANVASS_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace canvass {

// An error as people read it: the message with its reason in brackets, then each field violation
// and each piece of metadata on a line of its own. Every line ends with a newline. REQUIRES: not
// OK.
std::string ErrorText(const absl::Status& status);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ERROR_TEXT_H_
