#ifndef CANVASS_SERVICES_CANVASS_NUMBER_H_
#define CANVASS_SERVICES_CANVASS_NUMBER_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

// Numbers as files of election offices write them. Nothing is guessed: "1,234" may be a thousand or
// one and a bit.
namespace canvass {

// A count in plain digits. INVALID_ARGUMENT with the reason NUMBER_EMPTY, NUMBER_MALFORMED
// ("1,234", "-", "4.5", " 7") or NUMBER_TOO_LARGE (beyond 64 bits); the message quotes the text.
absl::StatusOr<std::int64_t> ParseCount(std::string_view text);

// cast / (turnout / 100), rounded half up, in exact arithmetic: 228 at "67.0588" is 340. REQUIRES:
// cast >= 0. INVALID_ARGUMENT TURNOUT_MALFORMED for anything but a plain decimal of at most 12
// decimals, TURNOUT_ZERO where ballots were cast at a turnout of 0, NUMBER_TOO_LARGE. 0 of 0 % is 0
// registered voters.
absl::StatusOr<std::int64_t> RegisteredFromTurnout(std::int64_t cast,
                                                   std::string_view turnout_percent);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_NUMBER_H_
