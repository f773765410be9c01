#ifndef CANVASS_COMMON_BASE_UUID_H_
#define CANVASS_COMMON_BASE_UUID_H_

#include <string>

namespace canvass {

// A random (version 4, RFC 9562) UUID in its usual text form of 36 characters. Thread-safe.
std::string RandomUuid();

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_UUID_H_
