#ifndef CANVASS_TESTS_FUZZ_ENGINE_MUTATION_H_
#define CANVASS_TESTS_FUZZ_ENGINE_MUTATION_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/fuzz/target.h"

namespace canvass::fuzz {

// Returns a session that differs a little from `session`: a step was added, left out, repeated or
// moved, or fields of its message were changed. The same seed gives the same session.
std::string MutateSession(const Target& target, std::string_view session, std::size_t bytes_max,
                          unsigned seed);

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_ENGINE_MUTATION_H_
