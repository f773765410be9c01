#include "services/station_reporter/outbox/outbox_store.h"

#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
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
    for (const std::string extension : {"", "-wal"}) {
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
  const absl::Status removed = (*store)->Apply({.removed = {1}});
  return removed.ok() ? "" : removed.ToString();
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
