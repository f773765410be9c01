#ifndef CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"

namespace canvass::aggregator {

struct Options {
  std::string listen{};    // host:port
  std::string database{};  // libpq's keywords or URI
  std::string address_file{};
  std::string log_level{};
};

// From the command line, and of the environment CANVASS_DATABASE: a password has no place on a
// command line. Ends the process on --help and on unknown flags. INVALID_ARGUMENT otherwise. Call
// it once.
absl::StatusOr<Options> ParseOptions(int argc, char** argv);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_
