#include "services/canvass/backup/backup_manifest.h"

#include <type_traits>
#include <utility>

#include "common/base/error.h"
#include "common/base/hash_text.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

absl::Status Damaged(std::string_view what) {
  return MakeError(reason::kBackupDamaged, StrCat("manifest.json of the backup: ", what));
}

template <typename Value>
absl::Status Read(const json& object, const char* field, Value& value) {
  const auto found = object.find(field);
  if (found == object.end()) return Damaged(StrCat(field, " is missing"));
  bool fits = false;
  if constexpr (std::is_same_v<Value, std::string>) {
    fits = found->is_string();
  } else {
    fits =
        found->is_number_unsigned() && std::in_range<Value>(found->template get<std::uint64_t>());
  }
  if (!fits) return Damaged(StrCat(field, " is ", found->dump()));
  value = found->template get<Value>();
  return absl::OkStatus();
}

absl::Status ReadHash(const json& object, const char* field, std::string& hash) {
  absl::Status status = Read(object, field, hash);
  if (!status.ok() || IsHashText(hash)) return status;
  return Damaged(StrCat(field, " is not 64 hex digits"));
}

absl::Status ReadTime(const json& object, absl::Time& time) {
  std::string text;
  absl::Status status = Read(object, "taken_at", text);
  if (!status.ok()) return status;
  if (absl::ParseTime(absl::RFC3339_sec, text, &time, nullptr)) return absl::OkStatus();
  return Damaged("taken_at is not a time");
}

absl::Status ReadElections(const json& object, std::vector<BackupManifest::Election>& elections) {
  const auto list = object.find("elections");
  if (list == object.end() || !list->is_array()) return Damaged("elections is not a list");
  for (const json& item : *list) {
    if (!item.is_object()) return Damaged("an election is not an object");
    BackupManifest::Election election;
    absl::Status status = Read(item, "election_id", election.election_id);
    if (status.ok()) status = Read(item, "sequence", election.sequence);
    if (status.ok()) status = ReadHash(item, "root", election.root);
    if (!status.ok()) return status;
    elections.push_back(std::move(election));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ToJson(const BackupManifest& manifest) {
  nlohmann::ordered_json out = {
      {"format", kFormat},
      {"canvass", manifest.canvass},
      {"schema_version", manifest.schema_version},
      {"postgres_version", manifest.postgres_version},
      {"ledger_id", manifest.ledger_id},
      {"taken_at",
       absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", manifest.taken_at, absl::UTCTimeZone())},
      {"dump_bytes", manifest.dump_bytes},
      {"dump_sha256", manifest.dump_sha256},
      {"elections", nlohmann::ordered_json::array()}};
  for (const BackupManifest::Election& election : manifest.elections) {
    out["elections"].push_back({{"election_id", election.election_id},
                                {"sequence", election.sequence},
                                {"root", election.root}});
  }
  return out.dump(2) + "\n";
}

absl::StatusOr<BackupManifest> ReadManifest(std::string_view json_text) {
  const json object = json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Damaged("it is not a JSON object");
  int format = 0;
  absl::Status status = Read(object, "format", format);
  if (status.ok() && format != kFormat) {
    status = Damaged(StrCat("format is ", format, ", but this program reads ", kFormat));
  }
  BackupManifest manifest;
  if (status.ok()) status = Read(object, "canvass", manifest.canvass);
  if (status.ok()) status = Read(object, "schema_version", manifest.schema_version);
  if (status.ok()) status = Read(object, "postgres_version", manifest.postgres_version);
  if (status.ok()) status = Read(object, "ledger_id", manifest.ledger_id);
  if (status.ok()) status = ReadTime(object, manifest.taken_at);
  if (status.ok()) status = Read(object, "dump_bytes", manifest.dump_bytes);
  if (status.ok()) status = ReadHash(object, "dump_sha256", manifest.dump_sha256);
  if (status.ok()) status = ReadElections(object, manifest.elections);
  if (!status.ok()) return status;
  return manifest;
}

}  // namespace canvass::cli
