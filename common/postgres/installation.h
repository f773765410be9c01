#ifndef CANVASS_COMMON_POSTGRES_INSTALLATION_H_
#define CANVASS_COMMON_POSTGRES_INSTALLATION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace canvass::postgres {

// Oldest major version that Canvass runs on.
inline constexpr int kMajorVersionMin = 15;

// A PostgreSQL server's programs on this machine.
struct Installation {
  std::string program_folder{};  // of initdb and postgres
  int major_version = 0;
};

// The installation in `program_folder`; where that is empty, the one that pg_config names or in one
// of the usual places. With `major_version`, one of exactly that: only it can open a cluster that
// it made. FAILED_PRECONDITION POSTGRES_NOT_FOUND, POSTGRES_VERSION (names what is wanted and what
// is there).
absl::StatusOr<Installation> FindInstallation(const std::string& program_folder,
                                              std::optional<int> major_version);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_INSTALLATION_H_
