#include "common/postgres/session.h"

#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/postgres/copy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_database.h"

namespace canvass::postgres {
namespace {

using ::canvass::testing::TestCluster;
using ::canvass::testing::TestDatabase;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

class SessionTest : public ::testing::Test {
 protected:
  // One database for all tests here, each with a table t of its own.
  static void SetUpTestSuite() { shared_database_ = new TestDatabase(); }
  static void TearDownTestSuite() {
    delete shared_database_;
    shared_database_ = nullptr;
  }
  SessionTest() { database_.Select("DROP TABLE IF EXISTS t"); }

  std::unique_ptr<Session> Open(SessionOptions options = {}) {
    options.connection = database_.owner_connection();
    auto session = Session::Open(options);
    EXPECT_EQ(session.status(), absl::OkStatus());
    return session.ok() ? *std::move(session) : nullptr;
  }

  static int PidOf(Session& session) {
    const auto rows = session.Query("SELECT pg_backend_pid()");
    int pid = 0;
    EXPECT_TRUE(rows.ok() && absl::SimpleAtoi(*rows->at(0).at(0), &pid));
    return pid;
  }

  // Waits until the session of this server process shows `condition` in pg_stat_activity.
  void WaitUntil(int pid, const std::string& condition) const {
    const std::string query =
        StrCat("SELECT FROM pg_stat_activity WHERE pid = ", pid, " AND ", condition);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (database_.Select(query).empty()) {
      ASSERT_LT(absl::Now(), deadline) << condition;
      absl::SleepFor(absl::Milliseconds(5));
    }
  }

  TestDatabase& database_ = *shared_database_;

 private:
  inline static TestDatabase* shared_database_ = nullptr;
};

TEST_F(SessionTest, RunsSeveralStatementsAndGivesRows) {
  const auto session = Open();
  ASSERT_EQ(
      session->Run("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)"),
      absl::OkStatus());
  const auto rows = session->Query("SELECT a, b FROM t ORDER BY a");
  ASSERT_EQ(rows.status(), absl::OkStatus());
  EXPECT_THAT(*rows, ElementsAre(ElementsAre("1", "x"), ElementsAre("2", std::nullopt)));
}

TEST_F(SessionTest, GivesTheOnlyValueOrSaysThatThereIsNone) {
  const auto session = Open();
  EXPECT_EQ(*session->QueryValue("SELECT 7"), "7");
  for (const char* const other :
       {"SELECT NULL", "SELECT 1, 2", "SELECT 1 WHERE false", "VALUES (1), (2)"}) {
    EXPECT_EQ(ReasonOf(session->QueryValue(other).status()), "DATABASE_ERROR") << other;
  }
}

TEST_F(SessionTest, StopsAtTheFirstErrorAndGoesOnAfterwards) {
  const auto session = Open();
  ASSERT_EQ(session->Run("CREATE TABLE t (a int PRIMARY KEY)"), absl::OkStatus());
  const absl::Status status = session->Run(
      "BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1);"
      "COMMIT");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_EQ(ReasonOf(status), "ROW_EXISTS");
  EXPECT_EQ(session->Run("ROLLBACK"), absl::OkStatus());
  EXPECT_THAT(*session->Query("SELECT a FROM t"), IsEmpty());
}

TEST_F(SessionTest, CopiesInAndOut) {
  const auto session = Open();
  ASSERT_EQ(session->Run("CREATE TABLE t (n bigint, names text[], at timestamptz, hash bytea)"),
            absl::OkStatus());
  const absl::Time at = absl::FromUnixMicros(1'707'307'200'123'456);
  CopyEncoder rows;
  constexpr int kRows = 20'000;
  const std::string hash(100, '\x7f');  // some 3 MB in all: many messages
  for (int n = 0; n < kRows; ++n) {
    rows.StartRow(4);
    rows.Int64(n);
    rows.PairArray({{"az", "Bak\xC4\xB1"}});
    rows.Timestamp(at);
    rows.Bytes(hash);
  }
  std::string_view left = rows.Finish();
  const CopyStream in_parts = [&left] {
    const std::string_view part = left.substr(0, 1'000'001);
    left.remove_prefix(part.size());
    return part;
  };
  CopyEncoder none;
  ASSERT_EQ(
      session->Run("BEGIN; COPY t FROM STDIN (FORMAT binary); COPY t FROM STDIN (FORMAT binary);"
                   "COMMIT",
                   {in_parts, WholeStream(none.Finish())}),
      absl::OkStatus());
  EXPECT_THAT(
      *session->Query("SELECT count(*), min(names[1][2]), min(at) AT TIME ZONE 'UTC' FROM t"),
      ElementsAre(ElementsAre("20000", "Bak\xC4\xB1", "2024-02-07 12:00:00.123456")));

  int next = 0;
  ASSERT_EQ(session->CopyOut("COPY (SELECT n, hash FROM t ORDER BY n) TO STDOUT (FORMAT binary)",
                             [&](std::string_view bytes) {
                               CopyRow row(bytes);
                               EXPECT_EQ(row.Int64(), next++);
                               EXPECT_EQ(row.Text(), hash);
                               return row.status();
                             }),
            absl::OkStatus());
  EXPECT_EQ(next, kRows);
}

TEST_F(SessionTest, ACopyThatBreaksARuleLeavesNothing) {
  const auto session = Open();
  ASSERT_EQ(session->Run("CREATE TABLE t (n bigint PRIMARY KEY)"), absl::OkStatus());
  CopyEncoder rows;
  for (const int n : {1, 2, 1}) {
    rows.StartRow(1);
    rows.Int64(n);
  }
  const absl::Status status = session->Run("BEGIN; COPY t FROM STDIN (FORMAT binary); COMMIT",
                                           {WholeStream(rows.Finish())});
  EXPECT_EQ(ReasonOf(status), "ROW_EXISTS");
  EXPECT_EQ(session->Run("ROLLBACK"), absl::OkStatus());
  EXPECT_THAT(*session->Query("SELECT n FROM t"), IsEmpty());
}

TEST_F(SessionTest, AVisitorsErrorEndsTheCopyAndTheSession) {
  const auto session = Open();
  const absl::Status status =
      session->CopyOut("COPY (SELECT generate_series(1, 100000)) TO STDOUT (FORMAT binary)",
                       [](std::string_view) { return absl::DataLossError("enough"); });
  EXPECT_EQ(status, absl::DataLossError("enough"));
  EXPECT_EQ(ReasonOf(session->Run("SELECT 1")), "DATABASE_UNAVAILABLE");
}

TEST_F(SessionTest, QuotesTexts) {
  const auto session = Open();
  const std::string text = "it's a \\ and a \"";
  EXPECT_EQ(session->Query("SELECT " + session->Quote(text))->at(0).at(0), text);
}

TEST_F(SessionTest, ASlowStatementEndsAndTheSessionLives) {
  const auto session = Open({.statement_timeout = absl::Milliseconds(50)});
  const absl::Status status = session->Run("SELECT pg_sleep(60)");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATABASE_TIMEOUT");
  EXPECT_EQ(session->Run("SELECT 1"), absl::OkStatus());
}

TEST_F(SessionTest, GivesUpOnAServerThatSaysNothing) {
  const auto session = Open({.silence_timeout = absl::Milliseconds(300)});
  const int pid = PidOf(*session);
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  const absl::Status status = session->Run("SELECT 1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "DATABASE_TIMEOUT");
  EXPECT_EQ(ReasonOf(session->Run("SELECT 1")), "DATABASE_UNAVAILABLE");
  ASSERT_EQ(kill(pid, SIGCONT), 0);
}

TEST_F(SessionTest, ATerminatedSessionIsUnavailableAndStaysSo) {
  const auto session = Open();
  database_.Select(StrCat("SELECT pg_terminate_backend(", PidOf(*session), ", 5000)"));
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = session->Run("SELECT 1");
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ReasonOf(status), "DATABASE_UNAVAILABLE");
  }
}

TEST_F(SessionTest, ATransactionWhoseClientIsGoneEnds) {
  auto session = Open();
  const int pid = PidOf(*session);
  ASSERT_EQ(session->Run("CREATE TABLE t (a int)"), absl::OkStatus());
  ASSERT_EQ(session->Run("BEGIN; INSERT INTO t VALUES (1)"), absl::OkStatus());
  session.reset();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!database_.Select(StrCat("SELECT FROM pg_stat_activity WHERE pid = ", pid)).empty()) {
    ASSERT_LT(absl::Now(), deadline);
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_THAT(database_.Select("SELECT a FROM t"), IsEmpty());
}

TEST_F(SessionTest, AServerThatIsNotThereIsUnavailable) {
  const auto session = Session::Open({.connection = "host=/nowhere user=nobody dbname=nothing"});
  EXPECT_EQ(session.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(session.status()), "DATABASE_UNAVAILABLE");
  EXPECT_THAT(std::string(session.status().message()), HasSubstr("/nowhere"));
}

TEST_F(SessionTest, SeveralHostsAreTriedFromTheFirstOneThatIsNamed) {
  const auto error_from = [](std::size_t first_host) {
    const auto session = Session::Open(
        {.connection = "postgresql:///nothing?host=/a,/b,/c&port=1,2,3", .first_host = first_host});
    return std::string(session.status().message());
  };
  const std::string at_a = "/a/.s.PGSQL.1";
  const std::string at_b = "/b/.s.PGSQL.2";
  const std::string at_c = "/c/.s.PGSQL.3";
  EXPECT_THAT(error_from(0), ContainsRegex(StrCat(at_a, ".*\n.*\n.*", at_b, ".*\n.*\n.*", at_c)));
  EXPECT_THAT(error_from(1), ContainsRegex(StrCat(at_b, ".*\n.*\n.*", at_c, ".*\n.*\n.*", at_a)));
  EXPECT_EQ(error_from(3), error_from(0));
}

TEST_F(SessionTest, CommitsAreDurableWhateverTheRoleSays) {
  database_.Select("ALTER ROLE canvass_owner SET synchronous_commit = off");
  const auto session = Open();
  EXPECT_EQ(session->Query("SHOW synchronous_commit")->at(0).at(0), "on");
  database_.Select("ALTER ROLE canvass_owner SET synchronous_commit = remote_apply");
  EXPECT_EQ(Open()->Query("SHOW synchronous_commit")->at(0).at(0), "remote_apply");
  database_.Select("ALTER ROLE canvass_owner RESET synchronous_commit");
}

// A cluster whose standby is away: commits wait for it.
class StandbyAwayTest : public SessionTest {
 protected:
  void SetUp() override {
    // Who hears no warnings would take the commit for a good one.
    database_.Select("ALTER ROLE canvass_owner SET client_min_messages = error");
    session_ = Open({.silence_timeout = absl::Seconds(20)});
    database_.Select("ALTER ROLE canvass_owner RESET client_min_messages");
    pid_ = PidOf(*session_);
    ASSERT_EQ(session_->Run("CREATE TABLE t (a int)"), absl::OkStatus());
    Configure("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  }
  void TearDown() override { Configure("ALTER SYSTEM RESET synchronous_standby_names"); }

  void Configure(const std::string& statement) const {
    database_.Select(statement);
    database_.Select("SELECT pg_reload_conf()");
    const std::string expected = statement.find("RESET") == std::string::npos ? "standby" : "";
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (database_.Select("SHOW synchronous_standby_names") !=
           std::vector<std::string>{expected}) {
      ASSERT_LT(absl::Now(), deadline);
      absl::SleepFor(absl::Milliseconds(5));
    }
  }

  std::unique_ptr<Session> session_;
  int pid_ = 0;
};

TEST_F(StandbyAwayTest, OtherWarningsAreNoErrors) {
  EXPECT_TRUE(session_->Run("DO $$ BEGIN RAISE WARNING 'the sky is falling'; END $$").ok());
}

TEST_F(StandbyAwayTest, ACommitThatDidNotWaitForItIsInDoubt) {
  auto commit =
      std::async(std::launch::async, [this] { return session_->Run("INSERT INTO t VALUES (1)"); });
  WaitUntil(pid_, "wait_event = 'SyncRep'");
  // PostgreSQL then commits locally, and answers success with a warning.
  database_.Select(StrCat("SELECT pg_cancel_backend(", pid_, ")"));
  const absl::Status status = commit.get();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "COMMIT_IN_DOUBT");
}

}  // namespace
}  // namespace canvass::postgres
