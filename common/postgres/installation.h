#ifndef CANVASS_COMMON_POSTGRES_INSTALLATION_H_
#define CANVASS_COMMON_POSTGRES_INSTALLATION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace canvass::postgres {

// Oldest major version that Canvass supports.
inline constexpr int kMajorVersionMin = 15;

// A PostgreSQL server's programs on this machine.
struct Installation {
  std::string program_folder{};  // contains initdb and postgres
  int major_version = 0;
};

// Returns the installation in `program_folder`. If that is empty, searches the folder that
// pg_config names, then the usual places. If `major_version` is given, the installation must have
// exactly that version, because only the version that created a cluster can open it. Returns
// FAILED_PRECONDITION POSTGRES_NOT_FOUND, or POSTGRES_VERSION with the wanted and the installed
// versions.
absl::StatusOr<Installation> FindInstallation(const std::string& program_folder,
                                              std::optional<int> major_version);

// Returns the folder of `pg_dump` and `pg_restore`, of the version `major_version` or else of the
// next newer one: an older pg_dump cannot read a server's tables, and an older server does not know
// all that a newer pg_restore says. Searches as FindInstallation does. Returns FAILED_PRECONDITION
// POSTGRES_NOT_FOUND or POSTGRES_VERSION.
absl::StatusOr<std::string> FindDumpPrograms(int major_version);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_INSTALLATION_H_
