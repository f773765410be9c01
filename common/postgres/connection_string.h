#ifndef CANVASS_COMMON_POSTGRES_CONNECTION_STRING_H_
#define CANVASS_COMMON_POSTGRES_CONNECTION_STRING_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace canvass::postgres {

// Keywords of libpq and their values.
using ConnectionKeywords = std::vector<std::pair<std::string, std::string>>;

// Returns what a connection string, of keywords or a URI, says itself. Returns INTERNAL
// DATABASE_ERROR if libpq cannot read it.
absl::StatusOr<ConnectionKeywords> ReadConnectionString(const std::string& connection);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_CONNECTION_STRING_H_
