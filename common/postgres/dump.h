#ifndef CANVASS_COMMON_POSTGRES_DUMP_H_
#define CANVASS_COMMON_POSTGRES_DUMP_H_

#include <string>

#include "absl/status/status.h"

// pg_dump and pg_restore. Their programs must have at least the server's version, and no password
// is on their command lines.
namespace canvass::postgres {

// A database and the folder of the programs, as FindDumpPrograms returns it.
struct DumpedDatabase {
  std::string program_folder{};
  std::string connection{};  // keywords or a URI
};

// Writes the schema `canvass` to a new file, in pg_dump's custom format and with mode 0600, as the
// exported snapshot of another session sees it. `file` is an absolute path. Returns
// RESOURCE_EXHAUSTED DISK_FULL, or INTERNAL PROCESS_FAILED with what pg_dump said.
absl::Status DumpSchema(const DumpedDatabase& from, const std::string& snapshot,
                        const std::string& file);

// Restores such a file in one transaction. All that it makes belongs to the role that logs in. The
// roles that it names must be there, and the schema must not. The same errors.
absl::Status RestoreSchema(const DumpedDatabase& into, const std::string& file);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_DUMP_H_
