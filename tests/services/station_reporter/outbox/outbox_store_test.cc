#include "services/station_reporter/outbox/outbox_store.h"

#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/outbox/sqlite_outbox_store.h"
#include "tests/support/memory_outbox_store.h"
#include "tests/support/temporary_folder.h"

namespace canvass::station_reporter {
namespace {

using canvass::testing::MemoryOutboxStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const absl::Time kQueuedAt = absl::FromUnixMicros(1'707'328'800'123'456);

NewReport Added(std::int64_t number, const std::string& station_id) {
  v1::StationReport report;
  report.set_election_id("e");
  report.set_contest_id("mayor");
  report.set_source_id("office");
  report.set_station_id(station_id);
  report.set_revision(3);
  NewReport added = ForOutbox(report, number, kQueuedAt);
  added.queued.queued_at = kQueuedAt;
  return added;
}

OutboxRefusal Refused(std::int64_t number, const std::string& rule) {
  OutboxRefusal refusal = {
      .number = number, .queued_at = kQueuedAt, .refused_at = kQueuedAt + absl::Seconds(5)};
  refusal.receipt.set_state(v1::RECEIPT_STATE_REFUSED);
  refusal.receipt.add_findings()->set_rule(rule);
  return refusal;
}

class OutboxStoreTest : public ::testing::TestWithParam<bool> {
 protected:
  OutboxStoreTest() { Reopen(); }

  void Reopen() {
    if (GetParam()) {
      store_.reset();
      auto opened = SqliteOutboxStore::Open(folder_.path() + "/outbox.sqlite");
      ASSERT_TRUE(opened.ok()) << opened.status();
      store_ = *std::move(opened);
    } else if (store_ == nullptr) {
      store_ = std::make_unique<MemoryOutboxStore>();
    }
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<OutboxStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Each, OutboxStoreTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Sqlite" : "Memory"; });

TEST_P(OutboxStoreTest, BeginsEmpty) {
  const auto content = store_->Read();
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_THAT(content->queued, IsEmpty());
  EXPECT_THAT(content->refused, IsEmpty());
}

TEST_P(OutboxStoreTest, GivesBackWhatWasAddedByNumber) {
  ASSERT_TRUE(store_->Apply({.added = {Added(20, "s-2"), Added(7, "s-1")}}).ok());
  Reopen();
  const auto content = store_->Read();
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_THAT(content->queued, SizeIs(2));
  const NewReport expected = Added(7, "s-1");
  EXPECT_EQ(content->queued[0].number, 7);
  EXPECT_EQ(content->queued[1].number, 20);
  EXPECT_EQ(content->queued[0].key, expected.queued.key);
  EXPECT_EQ(content->queued[0].digest, expected.queued.digest);
  EXPECT_EQ(content->queued[0].bytes, expected.submitted.size());
  EXPECT_EQ(content->queued[0].queued_at, kQueuedAt);
  const auto submitted = store_->ReadSubmitted({20, 7});
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_THAT(*submitted, ElementsAre(Added(20, "s-2").submitted, expected.submitted));
  // One that the disk has lost does not stop the others.
  EXPECT_THAT(*store_->ReadSubmitted({20, 8, 7}),
              ElementsAre(Added(20, "s-2").submitted, "", expected.submitted));
}

TEST_P(OutboxStoreTest, KeepsEachElectionOnce) {
  ASSERT_TRUE(store_->Apply({.elections = {"e", "f"}}).ok());
  ASSERT_TRUE(store_->Apply({.elections = {"f", "g"}}).ok());
  Reopen();
  EXPECT_THAT(store_->Read()->elections, UnorderedElementsAre("e", "f", "g"));
}

TEST_P(OutboxStoreTest, OutcomesReplaceReportsAndRefusalsAreForgottenLast) {
  ASSERT_TRUE(store_->Apply({.added = {Added(1, "a"), Added(2, "b"), Added(3, "c")}}).ok());
  ASSERT_TRUE(store_
                  ->Apply({.removed = {1, 2},
                           .refused = {Refused(1, "VOTES_NOT_BALANCED"), Refused(2, "X")},
                           .forgotten = {2}})
                  .ok());
  Reopen();
  const auto content = store_->Read();
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_THAT(content->queued, SizeIs(1));
  EXPECT_EQ(content->queued[0].number, 3);
  ASSERT_THAT(content->refused, SizeIs(1));
  EXPECT_EQ(content->refused[0].number, 1);
  EXPECT_EQ(content->refused[0].queued_at, kQueuedAt);
  EXPECT_EQ(content->refused[0].refused_at, kQueuedAt + absl::Seconds(5));
  EXPECT_EQ(content->refused[0].receipt.findings(0).rule(), "VOTES_NOT_BALANCED");
}

class SqliteOutboxStoreTest : public ::testing::Test {
 protected:
  // Runs SQL on the file as another program would.
  void Execute(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << message;
    sqlite3_close(database);
  }

  std::string ReasonOfOpening() { return DetailOf(SqliteOutboxStore::Open(file_).status()).reason; }

  testing::TemporaryFolder folder_;
  std::string file_ = folder_.path() + "/outbox.sqlite";
};

TEST_F(SqliteOutboxStoreTest, AllOrNothing) {
  auto store = SqliteOutboxStore::Open(file_);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Apply({.added = {Added(1, "a")}}).ok());
  // Number 1 is taken, so that the second report cannot be added.
  const absl::Status status =
      (*store)->Apply({.added = {Added(2, "b"), Added(1, "c")}, .removed = {}});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(DetailOf(status).reason, "OUTBOX_UNWRITABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(file_));
  EXPECT_THAT((*store)->Read()->queued, SizeIs(1));
  EXPECT_TRUE((*store)->Apply({.added = {Added(2, "b")}}).ok()) << "it goes on after an error";
}

TEST_F(SqliteOutboxStoreTest, ItsFileIsOneReportersAlone) {
  auto store = SqliteOutboxStore::Open(file_);
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status second = SqliteOutboxStore::Open(file_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(second).reason, "OUTBOX_IN_USE");
  EXPECT_THAT(std::string(second.message()), HasSubstr(file_));
  store->reset();
  EXPECT_TRUE(SqliteOutboxStore::Open(file_).ok());
}

// In a process of its own, which is killed before it closes anything.
TEST_F(SqliteOutboxStoreTest, WhatWasAppliedSurvivesAKill) {
  const pid_t child = fork();
  if (child == 0) {
    auto store = SqliteOutboxStore::Open(file_);
    const bool applied = store.ok() && (*store)->Apply({.added = {Added(1, "a")}}).ok();
    if (applied) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int ending = 0;
  ASSERT_EQ(waitpid(child, &ending, 0), child);
  ASSERT_TRUE(WIFSIGNALED(ending) && WTERMSIG(ending) == SIGKILL);
  auto store = SqliteOutboxStore::Open(file_);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_THAT((*store)->Read()->queued, SizeIs(1));
  EXPECT_EQ((*store)->Read()->queued[0].key.station_id, "a");
}

TEST_F(SqliteOutboxStoreTest, AnotherFormatIsRefused) {
  ASSERT_TRUE(SqliteOutboxStore::Open(file_).ok());
  Execute("PRAGMA user_version = 9");
  const absl::Status status = SqliteOutboxStore::Open(file_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(status).reason, "OUTBOX_FORMAT_UNKNOWN");
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 9"));
}

TEST_F(SqliteOutboxStoreTest, WhatIsNoOutboxIsRefusedAndLeftAlone) {
  Execute("CREATE TABLE recipe (name TEXT)");
  const auto size = std::filesystem::file_size(file_);
  EXPECT_EQ(ReasonOfOpening(), "OUTBOX_UNREADABLE");
  EXPECT_EQ(std::filesystem::file_size(file_), size);
  std::filesystem::remove(file_);
  std::ofstream(file_) << std::string(5000, 'x');
  EXPECT_EQ(ReasonOfOpening(), "OUTBOX_UNREADABLE");
  file_ = folder_.path() + "/missing/outbox.sqlite";
  EXPECT_EQ(ReasonOfOpening(), "OUTBOX_UNREADABLE");
}

TEST_F(SqliteOutboxStoreTest, OnlyItsOwnerMayReadIt) {
  const mode_t umask_before = umask(0);
  for (int round = 0; round < 2; ++round) {
    const auto store = SqliteOutboxStore::Open(file_);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_EQ((*store)->Apply({.added = {Added(round + 1, "a")}}), absl::OkStatus());
    for (const std::string extension : {"", "-mark"}) {
      struct stat found {};
      ASSERT_EQ(stat((file_ + extension).c_str(), &found), 0) << extension;
      EXPECT_EQ(found.st_mode & 07777U, 0600U) << extension;
    }
    EXPECT_EQ(chmod(file_.c_str(), 0644), 0);  // as an earlier version left it
  }
  umask(umask_before);
}

TEST_F(SqliteOutboxStoreTest, AFileThatMayNotBeWrittenIsRefused) {
  ASSERT_TRUE(SqliteOutboxStore::Open(file_).ok());
  ASSERT_EQ(chmod(file_.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  // Root may write everything, so a process of somebody else tries.
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && seteuid(65534) != 0) _exit(1);
    _exit(ReasonOfOpening() == "OUTBOX_READ_ONLY" ? 0 : 2);
  }
  int ending = 0;
  ASSERT_EQ(waitpid(child, &ending, 0), child);
  ASSERT_TRUE(WIFEXITED(ending));
  EXPECT_EQ(WEXITSTATUS(ending), 0);
}

// Opens the file and reads it, as a start does.
absl::StatusOr<OutboxContent> ReadFile(const std::string& file) {
  auto store = SqliteOutboxStore::Open(file);
  if (!store.ok()) return store.status();
  return (*store)->Read();
}

void ApplyTo(const std::string& file, const OutboxChange& change) {
  auto store = SqliteOutboxStore::Open(file);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto content = (*store)->Read();
  ASSERT_TRUE(content.ok()) << content.status();
  const absl::Status applied = (*store)->Apply(change);
  ASSERT_TRUE(applied.ok()) << applied;
}

std::string ReasonOf(const absl::StatusOr<OutboxContent>& content) {
  return DetailOf(content.status()).reason;
}

TEST_F(SqliteOutboxStoreTest, AChangedRowIsSetAsideWhicheverColumnWasChanged) {
  for (const std::string change :
       {"submitted = CAST(replace(submitted, 'b', 'c') AS BLOB)", "station_id = 'c'",
        "election_id = 'f'", "contest_id = ''", "source_id = 'poll'", "revision = 4",
        "revision = 4294967299", "queued_at = queued_at + 1", "digest = x'00'",
        "digest = zeroblob(32)", "row_digest = x''", "row_digest = zeroblob(32)", "submitted = x''",
        "number = 7"}) {
    SCOPED_TRACE(change);
    std::filesystem::remove(file_);
    std::filesystem::remove(file_ + "-mark");
    ApplyTo(file_, {.added = {Added(1, "a"), Added(2, "b"), Added(3, "c")}});
    Execute("UPDATE report SET " + change + " WHERE number = 2");
    auto store = SqliteOutboxStore::Open(file_);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto content = (*store)->Read();
    ASSERT_TRUE(content.ok()) << content.status();
    ASSERT_THAT(content->queued, SizeIs(2));
    EXPECT_EQ(content->queued[0].number, 1);
    EXPECT_EQ(content->queued[1].number, 3);
    ASSERT_THAT(content->damaged, SizeIs(1));
    const std::int64_t number = content->damaged[0].number;
    EXPECT_EQ(number, change == "number = 7" ? 7 : 2);
    EXPECT_EQ((*store)->ReadSubmitted({number})->front(), "");
    EXPECT_EQ((*store)->ReadSubmitted({1})->front(), Added(1, "a").submitted);
    // What others do to the outbox meanwhile leaves it where it is.
    EXPECT_TRUE((*store)->Apply({.added = {Added(9, "b")}, .removed = {1}}).ok());
    store->reset();
    const auto again = ReadFile(file_);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_THAT(again->queued, SizeIs(2));
    EXPECT_THAT(again->damaged, SizeIs(1));
  }
}

TEST_F(SqliteOutboxStoreTest, ARowThatIsChangedWhileItWaitsIsNotSent) {
  ApplyTo(file_, {.added = {Added(1, "a")}});
  ApplyTo(file_, {.added = {Added(2, "b")}});
  // The lock keeps other programs out; a byte on the disk may change all the same.
  auto store = SqliteOutboxStore::Open(file_);
  ASSERT_THAT((*store)->Read()->queued, SizeIs(2));
  std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(bytes)), {});
  const std::size_t at = all.find(Added(1, "a").submitted);
  ASSERT_NE(at, std::string::npos);
  store->reset();
  bytes.seekp(static_cast<std::streamoff>(at) + 4);
  bytes.put('x');
  bytes.close();
  store = SqliteOutboxStore::Open(file_);
  EXPECT_THAT(*(*store)->ReadSubmitted({1, 2}), ElementsAre("", Added(2, "b").submitted));
}

// Ten reports are acknowledged, then the process is killed, and of its files only one is left.
TEST_F(SqliteOutboxStoreTest, WhatWasAcknowledgedIsInTheFileItself) {
  const pid_t child = fork();
  if (child == 0) {
    auto store = SqliteOutboxStore::Open(file_);
    for (std::int64_t number = 1; number <= 10; ++number) {
      if (!store.ok() || !(*store)->Apply({.added = {Added(number, "a")}}).ok()) _exit(1);
    }
    kill(getpid(), SIGKILL);
  }
  int ending = 0;
  ASSERT_EQ(waitpid(child, &ending, 0), child);
  ASSERT_TRUE(WIFSIGNALED(ending));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path() != file_) std::filesystem::remove(entry.path());
  }
  const auto content = ReadFile(file_);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_THAT(content->queued, SizeIs(10));
  EXPECT_THAT(content->damaged, IsEmpty());
}

TEST_F(SqliteOutboxStoreTest, AFileThatVanishedIsNotBegunAnew) {
  ApplyTo(file_, {.added = {Added(1, "a"), Added(2, "b")}});
  std::filesystem::remove(file_);
  for (int start = 1; start <= 2; ++start) {
    const absl::Status status = ReadFile(file_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(DetailOf(status).reason, "OUTBOX_REPORTS_MISSING");
    EXPECT_THAT(std::string(status.message()), HasSubstr("it holds 0"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("held 2 after 1 changes"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(file_ + "-mark"));
  }
  std::filesystem::remove(file_ + "-mark");  // the operator goes on
  const auto content = ReadFile(file_);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_THAT(content->queued, IsEmpty());
}

TEST_F(SqliteOutboxStoreTest, AnOlderCopyIsNoticedUnlessNothingWaited) {
  ApplyTo(file_, {.added = {Added(1, "a")}});
  std::filesystem::copy_file(file_, file_ + ".copy");
  ApplyTo(file_, {.added = {Added(2, "b")}});
  const auto restore = [this] {
    std::filesystem::copy_file(file_ + ".copy", file_,
                               std::filesystem::copy_options::overwrite_existing);
  };
  restore();
  EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_REPORTS_MISSING");
  std::filesystem::remove(file_ + "-mark");
  ApplyTo(file_, {.removed = {1}});
  ApplyTo(file_, {.refused = {Refused(1, "X")}});
  restore();
  const auto content = ReadFile(file_);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_THAT(content->queued, SizeIs(1)) << "it is sent again, which is harmless";
}

TEST_F(SqliteOutboxStoreTest, ReportsThatHandsTookOutPutInOrReplacedAreNoticed) {
  for (const std::string change :
       {"DELETE FROM report WHERE number = 2",
        "INSERT INTO report SELECT 4, election_id, contest_id, source_id, station_id, revision, "
        "queued_at, digest, row_digest, submitted FROM report WHERE number = 2"}) {
    SCOPED_TRACE(change);
    std::filesystem::remove(file_);
    std::filesystem::remove(file_ + "-mark");
    ApplyTo(file_, {.added = {Added(1, "a"), Added(2, "b")}});
    Execute(change);
    EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_REPORTS_MISSING");
  }
  // With a digest that matches: another outbox had this report under the same number.
  std::filesystem::remove(file_);
  std::filesystem::remove(file_ + "-mark");
  const std::string other = folder_.path() + "/other.sqlite";
  ApplyTo(other, {.added = {Added(2, "z")}});
  ApplyTo(file_, {.added = {Added(1, "a"), Added(2, "b")}});
  Execute("ATTACH '" + other +
          "' AS other; REPLACE INTO report SELECT * FROM other.report WHERE number = 2");
  EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_REPORTS_MISSING");
}

TEST_F(SqliteOutboxStoreTest, ACrashBeforeTheMarkIsNoAlarm) {
  ApplyTo(file_, {.added = {Added(1, "a")}});
  std::filesystem::copy_file(file_ + "-mark", file_ + ".copy");
  ApplyTo(file_, {.added = {Added(2, "b")}});
  std::filesystem::remove(file_ + "-mark");
  std::filesystem::rename(file_ + ".copy", file_ + "-mark");
  ASSERT_TRUE(ReadFile(file_).ok()) << ReadFile(file_).status();
  std::filesystem::remove(file_);  // and the mark is in force again
  EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_REPORTS_MISSING");
}

TEST_F(SqliteOutboxStoreTest, ADamagedMarkStopsNobodyAndIsReplaced) {
  ApplyTo(file_, {.added = {Added(1, "a")}});
  for (const std::string mark : {"", "changes 7", "canvass outbox mark 1\nchanges x\n\n\n\n"}) {
    std::ofstream(file_ + "-mark") << mark << std::string(mark.empty() ? 0 : 900, 'x');
    const auto content = ReadFile(file_);
    ASSERT_TRUE(content.ok()) << content.status();
    EXPECT_THAT(content->queued, SizeIs(1));
  }
  std::filesystem::remove(file_);
  EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_REPORTS_MISSING");
  std::filesystem::remove(file_ + "-mark");
  std::filesystem::create_directory(file_ + "-mark");
  EXPECT_EQ(ReasonOf(ReadFile(file_)), "OUTBOX_UNREADABLE");
}

// The outbox of version 1 of the format, as it was written.
constexpr char kFormat1[] = R"(
  PRAGMA journal_mode = WAL; PRAGMA application_id = 1129276024; PRAGMA user_version = 1;
  CREATE TABLE report (number INTEGER PRIMARY KEY, election_id TEXT NOT NULL,
    contest_id TEXT NOT NULL, source_id TEXT NOT NULL, station_id TEXT NOT NULL,
    revision INTEGER NOT NULL, queued_at INTEGER NOT NULL, digest BLOB NOT NULL,
    submitted BLOB NOT NULL) STRICT;
  CREATE TABLE refusal (number INTEGER PRIMARY KEY, queued_at INTEGER NOT NULL,
    refused_at INTEGER NOT NULL, receipt BLOB NOT NULL) STRICT;
)";

std::string InsertIntoFormat1(std::int64_t number, const std::string& station_id) {
  const NewReport report = Added(number, station_id);
  const std::string digest(report.queued.digest.begin(), report.queued.digest.end());
  return absl::StrCat("INSERT INTO report VALUES (", number, ", 'e', 'mayor', 'office', '",
                      station_id, "', 3, ", absl::ToUnixMicros(kQueuedAt), ", x'",
                      absl::BytesToHexString(digest), "', x'",
                      absl::BytesToHexString(report.submitted), "');");
}

TEST_F(SqliteOutboxStoreTest, AnOutboxOfTheFormatBeforeIsConverted) {
  Execute(kFormat1 + InsertIntoFormat1(1, "a") + InsertIntoFormat1(5, "b") +
          "INSERT INTO refusal VALUES (3, 1, 2, x'')");
  Execute(
      "UPDATE report SET submitted = CAST(replace(submitted, 'b', 'c') AS BLOB) "
      "WHERE number = 5");
  for (int start = 1; start <= 2; ++start) {
    auto store = SqliteOutboxStore::Open(file_);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto content = (*store)->Read();
    ASSERT_TRUE(content.ok()) << content.status();
    ASSERT_THAT(content->queued, SizeIs(1));
    EXPECT_EQ(content->queued[0].key, Added(1, "a").queued.key);
    EXPECT_EQ(content->queued[0].queued_at, kQueuedAt);
    EXPECT_EQ((*store)->ReadSubmitted({1})->front(), Added(1, "a").submitted);
    ASSERT_THAT(content->damaged, SizeIs(1));
    EXPECT_EQ(content->damaged[0].number, 5);
    EXPECT_THAT(content->refused, SizeIs(1));
  }
  EXPECT_FALSE(std::filesystem::exists(file_ + "-wal"));
}

// Its schema was only in the write-ahead log.
TEST_F(SqliteOutboxStoreTest, AnOutboxOfTheFormatBeforeThatLostItsLogIsNotBegunAnew) {
  Execute("PRAGMA journal_mode = WAL");
  ASSERT_GT(std::filesystem::file_size(file_), 0U);
  const absl::Status status = SqliteOutboxStore::Open(file_).status();
  EXPECT_EQ(DetailOf(status).reason, "OUTBOX_UNREADABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(file_ + "-wal"));
}

TEST_F(SqliteOutboxStoreTest, ItsFilesAreReadableByTheirOwnerAlone) {
  constexpr auto kOthers = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  const mode_t before = umask(0);
  ApplyTo(file_, {.added = {Added(1, "a")}});
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);  // as an older version left it
  auto store = SqliteOutboxStore::Open(file_);
  ASSERT_TRUE((*store)->Apply({.added = {Added(2, "b")}}).ok());
  umask(before);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.status().permissions() & kOthers, std::filesystem::perms::none) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 2);
}

TEST_F(SqliteOutboxStoreTest, WhatCannotBeAFileSaysWhatItIs) {
  const auto message = [this] {
    return std::string(SqliteOutboxStore::Open(file_).status().message());
  };
  file_ = folder_.path();
  EXPECT_THAT(message(), HasSubstr("it is a folder"));
  file_ = folder_.path() + "/missing/outbox.sqlite";
  EXPECT_THAT(message(), HasSubstr("there is no folder " + folder_.path() + "/missing"));
  file_ = folder_.path() + "/pipe";
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(message(), HasSubstr("it is not a regular file"));
  EXPECT_EQ(ReasonOfOpening(), "OUTBOX_UNREADABLE");
}

// What happens on a disk of 1 MiB: "" if all is as it should be.
std::string FailureOnFullDisk(const std::string& file) {
  auto store = SqliteOutboxStore::Open(file);
  if (!store.ok()) return store.status().ToString();
  if (!(*store)->Apply({.added = {Added(1, "a")}}).ok()) return "not even one report";
  NewReport large = Added(2, "b");
  large.submitted.assign(std::size_t{8} << 20U, 'x');
  const absl::Status status = (*store)->Apply({.added = {large}});
  if (DetailOf(status).reason != "OUTBOX_DISK_FULL") return status.ToString();
  if (status.code() != absl::StatusCode::kResourceExhausted) return status.ToString();
  if (DetailOf(status).retry_after_ms <= 0) return "no time to try again after";
  if ((*store)->Read()->queued.size() != 1) return "not what was there before";
  // Somebody else takes the rest of the disk.
  const std::string filler = file + ".filler";
  {
    std::ofstream bytes(filler);
    while (bytes << 'x' << std::flush) {
    }
  }
  std::size_t acknowledged = 1;
  std::int64_t number = 2;
  while ((*store)->Apply({.added = {Added(++number, "c")}}).ok()) ++acknowledged;
  const absl::Status full = (*store)->Apply({.added = {Added(++number, "c")}});
  if (DetailOf(full).reason != "OUTBOX_DISK_FULL") return full.ToString();
  store->reset();
  store = SqliteOutboxStore::Open(file);
  if (!store.ok()) return "a start on a full disk: " + store.status().ToString();
  if ((*store)->Read()->queued.size() != acknowledged) return "lost what was acknowledged";
  // There is room again.
  std::filesystem::remove(filler);
  const absl::Status added = (*store)->Apply({.added = {Added(++number, "d")}});
  if (!added.ok()) return "with room again: " + added.ToString();
  const absl::Status removed = (*store)->Apply({.removed = {1}});
  if (!removed.ok()) return removed.ToString();
  store->reset();
  const auto content = ReadFile(file);
  if (!content.ok()) return content.status().ToString();
  return content->queued.size() == acknowledged ? "" : "not what was acknowledged";
}

TEST_F(SqliteOutboxStoreTest, OnAFullDiskItSaysSoAndKeepsWhatItHas) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
      _exit(77);
    }
    const std::string failure = FailureOnFullDisk(file_);
    std::cerr << failure;
    _exit(failure.empty() ? 0 : 1);
  }
  int ending = 0;
  ASSERT_EQ(waitpid(child, &ending, 0), child);
  ASSERT_TRUE(WIFEXITED(ending));
  if (WEXITSTATUS(ending) == 77) GTEST_SKIP() << "only root may mount a small disk";
  EXPECT_EQ(WEXITSTATUS(ending), 0);
}

}  // namespace
}  // namespace canvass::station_reporter
