#include "common/postgres/migration.h"

#include <future>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_database.h"

namespace canvass::postgres {
namespace {

using ::canvass::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::vector<Migration>& Steps() {
  static const std::vector<Migration> kSteps = {
      {1, "things", "CREATE TABLE canvass.things (a int); INSERT INTO canvass.things VALUES (1)"},
      {2, "colours", "ALTER TABLE canvass.things ADD COLUMN colour text DEFAULT 'red'"},
  };
  return kSteps;
}

class MigrationTest : public ::testing::Test {
 protected:
  absl::StatusOr<SchemaVersions> Apply(const std::vector<Migration>& migrations) {
    return ApplyMigrations(database_.owner_connection(), migrations);
  }

  TestDatabase database_;
};

TEST_F(MigrationTest, MakesASchemaAndKeepsIt) {
  const auto first = Apply(Steps());
  ASSERT_EQ(first.status(), absl::OkStatus());
  EXPECT_EQ(first->before, 0);
  EXPECT_EQ(first->after, 2);
  const auto second = Apply(Steps());
  ASSERT_EQ(second.status(), absl::OkStatus());
  EXPECT_EQ(second->before, 2);
  EXPECT_EQ(second->after, 2);
  EXPECT_THAT(database_.Select("SELECT * FROM canvass.things"), ElementsAre("1|red"));
  EXPECT_THAT(
      database_.Select("SELECT number, name FROM canvass.schema_migrations ORDER BY number"),
      ElementsAre("1|things", "2|colours"));
}

TEST_F(MigrationTest, AppliesOnlyWhatIsMissing) {
  ASSERT_EQ(Apply({Steps().front()}).status(), absl::OkStatus());
  const auto rest = Apply(Steps());
  ASSERT_EQ(rest.status(), absl::OkStatus());
  EXPECT_EQ(rest->before, 1);
  EXPECT_EQ(rest->after, 2);
}

TEST_F(MigrationTest, AStepThatFailsLeavesNothingOfItself) {
  const auto result =
      Apply({Steps().front(), {2, "broken", "DROP TABLE canvass.things; SELECT 1 / 0"}});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("division by zero"));
  EXPECT_THAT(database_.Select("SELECT max(number) FROM canvass.schema_migrations"),
              ElementsAre("1"));
  EXPECT_THAT(database_.Select("SELECT a FROM canvass.things"), ElementsAre("1"));
}

TEST_F(MigrationTest, AStepSaysWhetherItContracts) {
  ASSERT_EQ(
      Apply({Steps().front(), {2, "smaller", "-- Contracts.\nDROP TABLE canvass.things"}}).status(),
      absl::OkStatus());
  EXPECT_THAT(
      database_.Select("SELECT number, contracts FROM canvass.schema_migrations ORDER BY number"),
      ElementsAre("1|f", "2|t"));
  EXPECT_THAT(database_.Select(kSchemaContractedQuery), ElementsAre("2"));
}

TEST_F(MigrationTest, RefusesASchemaThatIsNewer) {
  ASSERT_EQ(Apply(Steps()).status(), absl::OkStatus());
  const auto result = Apply({Steps().front()});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(result.status()).reason, "SCHEMA_VERSION");
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("version 2"));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("version 1"));
}

TEST_F(MigrationTest, OfTwoAtOnceOneWorks) {
  const std::vector<Migration> slow = {
      {1, "things", "CREATE TABLE canvass.things (a int); SELECT pg_sleep(0.2)"}};
  auto other = std::async(std::launch::async, [&] { return Apply(slow); });
  const auto mine = Apply(slow);
  const auto theirs = other.get();
  ASSERT_EQ(mine.status(), absl::OkStatus());
  ASSERT_EQ(theirs.status(), absl::OkStatus());
  EXPECT_THAT((std::vector{mine->before, theirs->before}), UnorderedElementsAre(0, 1));
}

TEST_F(MigrationTest, NeedsTheOwner) {
  const auto result = ApplyMigrations(database_.writer_connection(), Steps());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kPermissionDenied) << result.status();
}

TEST(CheckSchemaVersionTest, NamesBothNumbersAndWhatToDo) {
  EXPECT_EQ(CheckSchemaVersion(2, 2), absl::OkStatus());
  const absl::Status older = CheckSchemaVersion(1, 2);
  EXPECT_EQ(older.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(older).reason, "SCHEMA_VERSION");
  EXPECT_THAT(std::string(older.message()), HasSubstr("version 1"));
  EXPECT_THAT(std::string(older.message()), HasSubstr("canvass migrate"));
  const absl::Status newer = CheckSchemaVersion(3, 2);
  EXPECT_EQ(newer.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(newer.message()), HasSubstr("version 3"));
}

TEST(CheckSchemaVersionTest, PassesOtherErrorsOn) {
  const absl::Status away = absl::UnavailableError("away");
  EXPECT_EQ(CheckSchemaVersion(away, 2), away);
}

}  // namespace
}  // namespace canvass::postgres
