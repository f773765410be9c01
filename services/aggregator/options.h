#ifndef CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"

namespace canvass::aggregator {

// Returns the ledger's PostgreSQL connection, as libpq keywords or a URI: the value of --database,
// or of the environment variable CANVASS_DATABASE if the flag is empty. The variable keeps
// passwords off the command line. Returns INVALID_ARGUMENT FLAG_EMPTY if both are empty. Must be
// called after the flags were parsed.
absl::StatusOr<std::string> DatabaseOption();

// Returns the value of --accept_future_entries: whether entries may be recorded after one whose
// time is still to come. Must be called after the flags were parsed.
bool AcceptFutureEntriesOption();

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_OPTIONS_H_
