#ifndef CANVASS_SERVICES_CANVASS_IMPORT_NUMBER_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_NUMBER_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

// Parses numbers in files of election offices. Never guesses: "1,234" may be a thousand or one and
// a bit.
namespace canvass::cli {

// Parses a count in plain digits. Returns INVALID_ARGUMENT NUMBER_EMPTY, NUMBER_MALFORMED ("1,234",
// "-", "4.5", " 7") or NUMBER_TOO_LARGE (more than 64 bits hold). The message quotes the text.
absl::StatusOr<std::int64_t> ParseCount(std::string_view text);

// Returns cast / (turnout / 100), rounded half up in exact arithmetic: 228 at "67.0588" is 340. A
// turnout of 0 with no ballots cast gives 0 registered voters. Returns INVALID_ARGUMENT
// TURNOUT_MALFORMED for anything but a plain decimal with at most 12 decimals, TURNOUT_ZERO if
// ballots were cast at a turnout of 0, or NUMBER_TOO_LARGE. REQUIRES: cast >= 0.
absl::StatusOr<std::int64_t> RegisteredFromTurnout(std::int64_t cast,
                                                   std::string_view turnout_percent);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_NUMBER_H_
