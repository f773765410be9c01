#ifndef CANVASS_COMMON_BASE_UUID_H_
#define CANVASS_COMMON_BASE_UUID_H_

#include <string>

namespace canvass {

// Returns a random UUID (version 4, RFC 9562) as 36 characters. Thread-safe.
std::string RandomUuid();

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_UUID_H_
