#ifndef CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_MANIFEST_H_
#define CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace canvass::cli {

// What a backup holds, as its manifest.json says.
struct BackupManifest {
  struct Election {
    std::string election_id{};
    std::int64_t sequence = 0;
    std::string root{};  // RFC 6962, over the entries up to it, in lower-case hex

    bool operator==(const Election&) const = default;
  };

  std::string canvass{};  // version of the program that made it
  int schema_version = 0;
  int postgres_version = 0;  // major, of the server
  std::string ledger_id{};
  absl::Time taken_at{};  // to the second
  std::uint64_t dump_bytes = 0;
  std::string dump_sha256{};  // in lower-case hex
  std::vector<Election> elections{};

  bool operator==(const BackupManifest&) const = default;
};

std::string ToJson(const BackupManifest& manifest);

// Returns DATA_LOSS BACKUP_DAMAGED, with the field, for anything that ToJson did not write.
absl::StatusOr<BackupManifest> ReadManifest(std::string_view json_text);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_BACKUP_BACKUP_MANIFEST_H_
