#ifndef CANVASS_TESTS_SUPPORT_JSON_H_
#define CANVASS_TESTS_SUPPORT_JSON_H_

#include "nlohmann/json_fwd.hpp"
#include "tests/support/program_run.h"

namespace canvass::testing {

// What a program printed, with snake_case keys: some versions of grpcurl print them so, others in
// camelCase. Null, and the test fails, where the program failed or printed something else.
nlohmann::json ParseJson(const ProgramOutcome& outcome);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_JSON_H_
