#include "common/postgres/error.h"

#include <pqxx/except>
#include <stdexcept>
#include <string>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct Case {
  std::string sql_state;  // of PostgreSQL's appendix A
  absl::StatusCode code;
  std::string reason;
};

class SqlStateTest : public ::testing::TestWithParam<Case> {};

TEST_P(SqlStateTest, HasItsCodeAndReason) {
  const absl::Status status = StatusOfSqlState(GetParam().sql_state, "something happened\n");
  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_EQ(status.message(), "PostgreSQL: something happened");
  EXPECT_EQ(DetailOf(status).reason, GetParam().reason);
  EXPECT_THAT(DetailOf(status).metadata, ElementsAre(Pair("sql_state", GetParam().sql_state)));
}

INSTANTIATE_TEST_SUITE_P(
    AppendixA, SqlStateTest,
    ::testing::Values(
        Case{"40001", absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"},
        Case{"40P01", absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"},
        Case{"23505", absl::StatusCode::kAlreadyExists, "ROW_EXISTS"},
        Case{"08006", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
        Case{"57P01", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
        Case{"57P03", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
        Case{"53300", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
        Case{"25006", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
        Case{"57014", absl::StatusCode::kUnavailable, "DATABASE_TIMEOUT"},
        Case{"55P03", absl::StatusCode::kUnavailable, "DATABASE_TIMEOUT"},
        Case{"42501", absl::StatusCode::kPermissionDenied, "DATABASE_PERMISSION_DENIED"},
        Case{"28P01", absl::StatusCode::kPermissionDenied, "DATABASE_PERMISSION_DENIED"},
        Case{"53100", absl::StatusCode::kResourceExhausted, "DATABASE_FULL"},
        Case{"42P01", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISSING"},
        Case{"58P01", absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"},
        Case{"XX001", absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"},
        Case{"22P03", absl::StatusCode::kInternal, "DATABASE_ERROR"},
        Case{"CV001", absl::StatusCode::kInternal, "DATABASE_ERROR"}));

template <typename Error>
absl::Status StatusOf(const Error& error) {
  try {
    throw error;
  } catch (const std::exception&) {
    return StatusOfCurrentException();
  }
}

TEST(StatusOfCurrentExceptionTest, KnowsWhatLibpqxxThrows) {
  EXPECT_EQ(StatusOf(pqxx::broken_connection("gone")).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOf(pqxx::in_doubt_error("who knows")).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusOf(pqxx::serialization_failure("again")).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(StatusOf(pqxx::deadlock_detected("again")).code(), absl::StatusCode::kAborted);
  // As libpqxx 6.4 makes them: without their state.
  EXPECT_EQ(StatusOf(pqxx::unique_violation("twice")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(StatusOf(pqxx::insufficient_privilege("no")).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(StatusOf(pqxx::undefined_table("no")).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StatusOf(pqxx::disk_full("no")).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(StatusOf(pqxx::sql_error("no", "SELECT", "XX001")).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(StatusOf(std::runtime_error("else")).code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(StatusOf(std::runtime_error("else")).message()), HasSubstr("else"));
}

}  // namespace
}  // namespace canvass::postgres
