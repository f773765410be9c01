#ifndef CANVASS_TESTS_SUPPORT_PROGRAM_RUN_H_
#define CANVASS_TESTS_SUPPORT_PROGRAM_RUN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace canvass::testing {

// Output and exit code of a program that has ended.
struct ProgramOutcome {
  int exit_code = -1;  // 128 + signal if one ended it
  std::string out{};
  std::string err{};
};

// Runs `arguments[0]` (found on the PATH) with `input` as its standard input until it ends; after
// `limit` it is killed, and the test that called fails.
ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const std::string& input = "",
                          absl::Duration limit = absl::Minutes(3));

// The file of one of our programs, e.g. "canvass-aggregator".
std::string ProgramFile(const std::string& name);

// grpcurl -d `json` `address` `method`, by reflection alone; -plaintext unless the options say how
// to use TLS (-cacert ...).
ProgramOutcome Grpcurl(const std::string& address, const std::string& method,
                       const std::string& json, const std::vector<std::string>& options = {});

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_PROGRAM_RUN_H_
