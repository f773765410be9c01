#ifndef CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_
#define CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/station_reporter/station_reporter.h"

namespace canvass::station_reporter {

// What the command line says.
struct Options {
  std::string listen{};      // host:port; port 0: any free one
  std::string aggregator{};  // host:port, several by comma
  OutboxOptions outbox{};
  std::string address_file{};  // gets the address that is listened on; empty: none
  std::string log_level{};
};

// Prints and exits for --help and for flags that there are not. INVALID_ARGUMENT
// ARGUMENT_UNEXPECTED, FLAG_EMPTY, FLAG_OUT_OF_RANGE.
absl::StatusOr<Options> ParseOptions(int argc, char** argv);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OPTIONS_H_
