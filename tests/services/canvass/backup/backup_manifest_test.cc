#include "services/canvass/backup/backup_manifest.h"

#include <string>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

BackupManifest SomeManifest() {
  return {.canvass = "0.1.0",
          .schema_version = 7,
          .postgres_version = 15,
          .ledger_id = "6c1d6f5e-0000-4000-8000-000000000001",
          .taken_at = absl::FromUnixSeconds(1'707'321'600),
          .dump_bytes = 12'345,
          .dump_sha256 = std::string(64, 'a'),
          .elections = {{.election_id = "e-1", .sequence = 17, .root = std::string(64, 'b')}}};
}

TEST(BackupManifestTest, IsReadAsItWasWritten) {
  const std::string text = ToJson(SomeManifest());
  EXPECT_THAT(text, HasSubstr(R"("taken_at": "2024-02-07T16:00:00Z")"));
  const auto read = ReadManifest(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, SomeManifest());
}

TEST(BackupManifestTest, SaysWhichFieldIsDamaged) {
  const auto message_of = [](const std::string& text) {
    const auto read = ReadManifest(text);
    EXPECT_EQ(DetailOf(read.status()).reason, "BACKUP_DAMAGED");
    return std::string(read.status().message());
  };
  EXPECT_THAT(message_of("{"), HasSubstr("it is not a JSON object"));
  EXPECT_THAT(message_of("[]"), HasSubstr("it is not a JSON object"));
  const json whole = json::parse(ToJson(SomeManifest()));
  for (const auto& [field, value] : whole.items()) {
    json without = whole;
    without.erase(field);
    EXPECT_THAT(message_of(without.dump()), HasSubstr(field));
    json other = whole;
    other[field] = -1;
    EXPECT_THAT(message_of(other.dump()), HasSubstr(field));
  }
  json newer = whole;
  newer["format"] = 2;
  EXPECT_THAT(message_of(newer.dump()), HasSubstr("format is 2, but this program reads 1"));
  json no_hash = whole;
  no_hash["elections"][0]["root"] = "beef";
  EXPECT_THAT(message_of(no_hash.dump()), HasSubstr("root is not 64 hex digits"));
  json too_large = whole;
  too_large["schema_version"] = 3'000'000'000;
  EXPECT_THAT(message_of(too_large.dump()), HasSubstr("schema_version is 3000000000"));
}

}  // namespace
}  // namespace canvass::cli
