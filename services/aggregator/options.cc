#include "services/aggregator/options.h"

#include <cstdlib>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"

ABSL_FLAG(
    std::string, database, "",
    "PostgreSQL connection of the ledger, as libpq keywords or a URI. It must not go through a "
    "connection pooler. Default: the environment variable CANVASS_DATABASE.");

ABSL_FLAG(bool, accept_future_entries, false,
          "Go on after entries whose time is still to come, because the clock was wrong when they "
          "were recorded. New entries get the time of the last one until it has passed. Without "
          "this flag nothing is recorded until then.");

namespace canvass::aggregator {

absl::StatusOr<std::string> DatabaseOption() {
  std::string database = absl::GetFlag(FLAGS_database);
  const char* const from_environment = std::getenv("CANVASS_DATABASE");
  if (database.empty() && from_environment != nullptr) database = from_environment;
  if (database.empty()) {
    return FieldError(
        reason::kFlagEmpty, "database",
        "is required; give this flag or set the environment variable CANVASS_DATABASE");
  }
  return database;
}

bool AcceptFutureEntriesOption() { return absl::GetFlag(FLAGS_accept_future_entries); }

}  // namespace canvass::aggregator
