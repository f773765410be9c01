#ifndef CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_FOLDER_H_
#define CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/canvass/backup/backup_manifest.h"

// A backup is a folder of two files: ledger.dump, the schema in pg_dump's custom format with what
// is sealed, and manifest.json. They are for their owner alone, because seals hide secrets.
namespace canvass::cli {

// Backs a database up as it is at one moment, while it is written to. `connection` must log in as
// the owner. The folder appears when everything is in it and on disk. Returns BACKUP_UNUSABLE if
// there is something of its name or it cannot be made, DISK_FULL, POSTGRES_NOT_FOUND,
// POSTGRES_VERSION, PROCESS_FAILED, and the errors of aggregator::LedgerSnapshot.
absl::StatusOr<BackupManifest> MakeBackup(const std::string& connection, const std::string& folder);

// Reads the manifest and compares the dump with it. Returns BACKUP_UNUSABLE if they cannot be read,
// or BACKUP_DAMAGED.
absl::StatusOr<BackupManifest> OpenBackup(const std::string& folder);

// Returns the absolute path of the dump.
std::string DumpFileOf(const std::string& folder);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_FOLDER_H_
