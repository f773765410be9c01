#include "services/aggregator/writer/writer_role.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/inline_appender.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

using ::canvass::testing::MemoryLedgerStore;
using ::canvass::testing::ReportBuilder;

// A steady clock that a test moves.
class SteppedClock final : public SteadyClock {
 public:
  absl::Duration Now() const override { return now; }
  absl::Duration now = absl::Hours(1);
};

// A writer without a thread: the test lets it take its steps.
struct SteppedWriter {
  explicit SteppedWriter(testing::MemoryDatabase& store, const WriterOptions& chosen = {})
      : options(chosen), ledger(store) {}

  // Takes the lead and defines the election of one station.
  void LeadAndDefine() {
    role.Step();
    bool defined = false;
    QueueDefinition(queue, 1, defined);
    role.Step();
    ASSERT_TRUE(defined);
  }

  // Submits the report of that station.
  std::shared_ptr<Answer> Submit() {
    return QueueReport(queue, ReportBuilder().WithStation("s-1").Build());
  }

  void GoRound() {
    EXPECT_EQ(patrol.Round([] { return absl::OkStatus(); }), absl::OkStatus());
  }

  // One step begins it, the next one ends it.
  void StepThroughAppend() {
    role.Step();
    role.Step();
  }

  const WriterOptions options;
  testing::ManualClock clock;
  SteppedClock steady_clock;
  MemoryLedgerStore ledger;
  testing::InlineAppender appender{ledger};
  CommittedLedgers committed;
  Patrol patrol{ledger, committed, options};
  WriteQueue queue{options, steady_clock};
  WriterRole role{ledger,       appender, committed,
                  patrol,       queue,    clock,
                  steady_clock, options,  [](const absl::Status&) {}};
};

std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

TEST(WriterRoleTest, ALeaderThatWasFrozenAnswersNoReadingsBeforeItHasAsked) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_UNAVAILABLE");
  writer.role.Step();
  EXPECT_TRUE(writer.queue.Lead().ok());
  EXPECT_EQ(writer.role.Step(), absl::Seconds(1));
  writer.steady_clock.now += absl::Seconds(5);
  EXPECT_TRUE(writer.queue.Lead().ok());
  writer.steady_clock.now += absl::Milliseconds(1);
  EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_UNAVAILABLE");
  writer.role.Step();
  EXPECT_TRUE(writer.queue.Lead().ok());
}

TEST(WriterRoleTest, AStandbyTriesAgainAfterItsIntervalAndTakesALeadThatIsFree) {
  testing::MemoryDatabase store;
  SteppedWriter leader(store);
  SteppedWriter standby(store);
  leader.role.Step();
  EXPECT_EQ(standby.role.Step(), absl::Milliseconds(200));
  EXPECT_EQ(standby.role.Step(), absl::Milliseconds(200));
  store.BreakSession();
  EXPECT_EQ(standby.role.Step(), absl::ZeroDuration());
  EXPECT_TRUE(standby.queue.Lead().ok());
  // The other asks once its heartbeat is due.
  EXPECT_EQ(leader.role.Step(), absl::Seconds(1));
  leader.steady_clock.now += absl::Seconds(1);
  EXPECT_EQ(leader.role.Step(), absl::ZeroDuration());
  EXPECT_EQ(leader.role.Step(), absl::Milliseconds(200));
  EXPECT_EQ(ReasonOf(leader.queue.Lead()), "NOT_ACTIVE");
}

TEST(WriterRoleTest, ALeaderThatCannotReadTheLedgerLeavesTheLeadToOthers) {
  testing::MemoryDatabase store;
  SteppedWriter(store).LeadAndDefine();
  store.Damage("e-1", 2);
  SteppedWriter unable(store);
  unable.role.Step();
  EXPECT_EQ(ReasonOf(unable.queue.Lead()), "LEDGER_UNAVAILABLE");
  EXPECT_TRUE(MemoryLedgerStore(store).TakeLead().ok());
}

TEST(WriterRoleTest, ALedgerWhoseFirstEntryCannotBeReadIsReadAgain) {
  testing::MemoryDatabase store;
  SteppedWriter(store).LeadAndDefine();
  store.Damage("e-1", 1);
  SteppedWriter unable(store);
  for (int i = 0; i < 3; ++i) {
    unable.role.Step();
    EXPECT_EQ(ReasonOf(unable.queue.Lead()), "LEDGER_UNAVAILABLE");
  }
  EXPECT_TRUE(MemoryLedgerStore(store).TakeLead().ok());
}

// A standby that has not seen what was lost would go on without it.
TEST(WriterRoleTest, ALeaderOfALedgerThatLostEntriesKeepsTheLead) {
  testing::MemoryDatabase store;
  SteppedWriter leader(store);
  leader.LeadAndDefine();
  store.Lose("e-1", 1);
  leader.steady_clock.now += absl::Seconds(1);
  leader.role.Step();  // its heartbeat fails
  leader.role.Step();
  EXPECT_EQ(ReasonOf(leader.queue.Lead()), "LEDGER_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
}

// What is recorded already needs no commit, and says nothing of the lead.
TEST(WriterRoleTest, ALeaderThatIsAskedOnlyForWhatItHasNoticesThatAnotherLeads) {
  testing::MemoryDatabase store;
  SteppedWriter leader(store);
  SteppedWriter other(store);
  leader.LeadAndDefine();
  leader.Submit();
  leader.StepThroughAppend();
  store.BreakSession();
  other.role.Step();
  for (int i = 0; i < 20; ++i) {
    leader.Submit();
    leader.role.Step();
    leader.steady_clock.now += absl::Milliseconds(100);
  }
  EXPECT_EQ(ReasonOf(leader.queue.Lead()), "NOT_ACTIVE");
}

TEST(WriterRoleTest, AReportInDoubtIsAnsweredAsUnknownOnceAnotherLeads) {
  testing::MemoryDatabase store;
  SteppedWriter leader(store);
  SteppedWriter other(store);
  leader.LeadAndDefine();
  const auto answer = leader.Submit();
  leader.ledger.FailAppendsAfterCommit(1);
  leader.StepThroughAppend();
  EXPECT_FALSE(answer->has_value());
  store.BreakSession();
  other.role.Step();
  EXPECT_TRUE(leader.role.has_work());
  leader.role.Step();
  ASSERT_TRUE(answer->has_value());
  EXPECT_FALSE(leader.role.has_work());
  EXPECT_EQ(ReasonOf((*answer)->status()), "COMMIT_UNKNOWN");
  // The other has it.
  const auto again = other.Submit();
  other.role.Step();
  ASSERT_TRUE(again->has_value() && (*again)->ok());
  EXPECT_TRUE((**again)->at(0).repeated_submission);
}

// A leap of this machine's clock, with the database's on another machine or on the same one.
TEST(WriterRoleTest, RecordsNothingWhileItsClockIsImplausible) {
  for (const bool same_machine : {false, true}) {
    testing::MemoryDatabase store;
    testing::ManualClock stored_clock;
    store.SetClock(stored_clock);
    SteppedWriter writer(store);
    writer.LeadAndDefine();
    const std::size_t recorded = store.EntriesOf("e-1").size();

    const absl::Duration kLeap = 30 * 365 * absl::Hours(24);
    writer.clock.Advance(kLeap);
    if (same_machine) stored_clock.Advance(kLeap);
    const std::shared_ptr<Answer> during = writer.Submit();
    for (int step = 0; step < 5; ++step) writer.role.Step();
    ASSERT_TRUE(during->has_value());
    EXPECT_EQ((*during)->status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf((*during)->status()), "CLOCK_IMPLAUSIBLE");
    EXPECT_EQ(ReasonOf(writer.queue.Lead()), "CLOCK_IMPLAUSIBLE");
    EXPECT_EQ(store.EntriesOf("e-1").size(), recorded);

    writer.clock.Advance(-kLeap);
    if (same_machine) stored_clock.Advance(-kLeap);
    writer.role.Step();
    EXPECT_TRUE(writer.queue.Lead().ok());
    const std::shared_ptr<Answer> after = writer.Submit();
    while (!after->has_value()) writer.role.Step();
    EXPECT_TRUE((*after)->ok());
  }
}

// Somebody deletes or adds entries below a leader. Nothing is acknowledged any more, not even once
// the entries are as before, and no standby may go on.
TEST(WriterRoleTest, ServesNothingOnceTheStoreDoesNotHoldWhatWasCommitted) {
  for (const bool deletes : {false, true}) {
    testing::MemoryDatabase store;
    SteppedWriter writer(store);
    writer.LeadAndDefine();
    const std::vector<testing::MemoryDatabase::Stored> before = store.EntriesOf("e-1");
    if (deletes) {
      store.Delete("e-1", 1);
    } else {
      store.Insert("e-1", before.back());
    }
    const std::size_t changed = store.EntriesOf("e-1").size();

    const std::shared_ptr<Answer> during = writer.Submit();
    writer.StepThroughAppend();
    ASSERT_TRUE(during->has_value()) << "it is not in doubt";
    EXPECT_EQ((*during)->status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf((*during)->status()), "LEDGER_TAMPERED");
    EXPECT_FALSE(writer.role.has_work());
    EXPECT_EQ(store.EntriesOf("e-1").size(), changed);

    if (deletes) {
      store.Insert("e-1", before.back());
    } else {
      store.Delete("e-1", 2);
    }
    for (int step = 0; step < 3; ++step) {
      EXPECT_EQ(writer.role.Step(), absl::Seconds(1));
      EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_TAMPERED");
      EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
    }
    store.BreakSession();
    writer.role.Step();
    EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
  }
}

TEST(WriterRoleTest, AnIdleLeaderFindsWithinAHeartbeatThatEntriesWereDeleted) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  writer.LeadAndDefine();
  store.Delete("e-1", 1);
  writer.steady_clock.now += absl::Seconds(1);
  writer.role.Step();
  EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_TAMPERED");
}

// Until the patrol does not find it any more, nothing is acknowledged, and no standby may go on.
TEST(WriterRoleTest, ServesNothingOnceItHearsThatTheStoreIsOlderThanWhatSomebodySaw) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  writer.LeadAndDefine();
  const auto waiting = writer.Submit();
  writer.role.NoteBehind(MakeError(reason::kLedgerBehind, "e-1 ends at 2, and 5 was shown"));
  writer.role.Step();
  ASSERT_TRUE(waiting->has_value());
  EXPECT_EQ(ReasonOf((*waiting)->status()), "LEDGER_BEHIND");
  for (int i = 0; i < 3; ++i) {
    writer.role.Step();
    EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_BEHIND");
    EXPECT_NE(std::string(writer.queue.Lead().message()).find("e-1 ends at 2, and 5 was shown"),
              std::string::npos);
    writer.steady_clock.now += absl::Seconds(1);
  }
  EXPECT_EQ(store.EntriesOf("e-1").size(), 2) << "nothing was recorded";
  // It keeps the lead from a standby, which has not heard it.
  SteppedWriter standby(store);
  standby.role.Step();
  EXPECT_EQ(ReasonOf(standby.queue.Lead()), "NOT_ACTIVE");
}

TEST(WriterRoleTest, ServesNothingWhileThePatrolFindsThatTheStoreWasChanged) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  writer.LeadAndDefine();
  const std::shared_ptr<Answer> before = writer.Submit();
  writer.role.Step();  // it is being appended
  const std::string bytes = store.Damage("e-1", 1);
  writer.GoRound();
  EXPECT_EQ(ReasonOf(writer.patrol.Finding()), "ROW_DIFFERS");
  writer.role.Step();
  ASSERT_TRUE(before->has_value());
  EXPECT_TRUE((*before)->ok()) << "it was sent before anything was found";
  EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_TAMPERED");
  const std::size_t recorded = store.EntriesOf("e-1").size();

  for (int step = 0; step < 3; ++step) {
    const std::shared_ptr<Answer> during = writer.Submit();
    ASSERT_TRUE(during->has_value());
    EXPECT_EQ((*during)->status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(writer.role.Step(), absl::Seconds(1));
    EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
  }
  EXPECT_EQ(store.EntriesOf("e-1").size(), recorded);

  store.Mend("e-1", 1, bytes);
  writer.GoRound();
  writer.role.Step();
  EXPECT_TRUE(writer.queue.Lead().ok());
}

TEST(WriterRoleTest, AStartComparesAShortLedgerBeforeItServesAnything) {
  testing::MemoryDatabase store;
  SteppedWriter(store).LeadAndDefine();
  store.DifferInAudits(true);
  SteppedWriter restarted(store);
  restarted.role.Step();
  EXPECT_EQ(ReasonOf(restarted.queue.Lead()), "LEDGER_TAMPERED");
  EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
  store.DifferInAudits(false);
  restarted.GoRound();
  restarted.role.Step();
  EXPECT_TRUE(restarted.queue.Lead().ok());
}

// Somebody changes a column, adds an entry, and takes the change back.
TEST(WriterRoleTest, WhatWasTamperedWithDuringAFindingStaysSo) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  writer.LeadAndDefine();
  store.DifferInAudits(true);
  writer.GoRound();
  writer.role.Step();
  store.Insert("e-1", store.EntriesOf("e-1").back());
  writer.role.Step();
  store.DifferInAudits(false);
  writer.GoRound();
  for (int step = 0; step < 3; ++step) {
    writer.role.Step();
    EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_TAMPERED");
  }
  EXPECT_EQ(ReasonOf(MemoryLedgerStore(store).TakeLead()), "NOT_ACTIVE");
}

// What was found in the ledger before is no reason not to serve this one.
TEST(WriterRoleTest, ServesALedgerThatWasRestoredAfterAFinding) {
  testing::MemoryDatabase store;
  SteppedWriter writer(store);
  writer.LeadAndDefine();
  store.Damage("e-1", 2);
  writer.GoRound();
  writer.role.Step();
  EXPECT_EQ(ReasonOf(writer.queue.Lead()), "LEDGER_TAMPERED");
  store.Restore("e-1", 1);
  for (int step = 0; step < 3; ++step) writer.role.Step();
  writer.GoRound();
  writer.role.Step();
  EXPECT_TRUE(writer.queue.Lead().ok());
}

TEST(WriterRoleTest, AStartThatCannotCompareAShortLedgerDoesNotServe) {
  testing::MemoryDatabase store;
  SteppedWriter(store).LeadAndDefine();
  SteppedWriter restarted(store);
  for (const absl::Status& failure :
       {absl::UnavailableError("too many connections"), absl::PermissionDeniedError("revoked")}) {
    restarted.ledger.FailAudits(failure);
    restarted.role.Step();
    EXPECT_FALSE(restarted.queue.Lead().ok());
  }
  restarted.ledger.FailAudits(absl::OkStatus());
  restarted.GoRound();
  restarted.role.Step();
  EXPECT_TRUE(restarted.queue.Lead().ok());
}

TEST(WriterRoleTest, AStandbyWhosePatrolFindsSomethingDoesNotServe) {
  testing::MemoryDatabase store;
  SteppedWriter leader(store);
  leader.LeadAndDefine();
  SteppedWriter standby(store);
  standby.role.Step();
  EXPECT_EQ(ReasonOf(standby.queue.Lead()), "NOT_ACTIVE");
  const std::string bytes = store.Damage("e-1", 1);
  standby.GoRound();
  const std::int64_t before = standby.committed.entries();
  leader.Submit();
  leader.StepThroughAppend();
  for (int i = 0; i < 3; ++i) standby.role.Step();
  EXPECT_EQ(standby.committed.entries(), before + 1) << "it follows";
  EXPECT_EQ(ReasonOf(standby.queue.Lead()), "LEDGER_TAMPERED");
  store.BreakSession();
  for (int i = 0; i < 3; ++i) {
    standby.role.Step();
    EXPECT_EQ(ReasonOf(standby.queue.Lead()), "LEDGER_TAMPERED");
  }
  store.Mend("e-1", 1, bytes);
  standby.GoRound();
  standby.role.Step();
  EXPECT_TRUE(standby.queue.Lead().ok());
}

// Another aggregator, whose clock is right, may lead meanwhile.
TEST(WriterRoleTest, LeavesTheLeadToOthersWhileItsClockIsWrong) {
  testing::MemoryDatabase store;
  testing::ManualClock stored_clock;
  store.SetClock(stored_clock);
  SteppedWriter wrong(store);
  SteppedWriter right(store);
  wrong.clock.Advance(-absl::Hours(1));
  wrong.role.Step();
  EXPECT_EQ(ReasonOf(wrong.queue.Lead()), "CLOCK_IMPLAUSIBLE");
  right.role.Step();
  EXPECT_TRUE(right.queue.Lead().ok());
}

// Clocks that were four hours fast, e.g. set to local time, are right again.
TEST(WriterRoleTest, GoesOnAfterEntriesOfTheFutureOnlyIfItIsTold) {
  testing::MemoryDatabase store;
  testing::ManualClock stored_clock;
  store.SetClock(stored_clock);
  SteppedWriter fast(store);
  fast.clock.Advance(absl::Hours(4));
  stored_clock.Advance(absl::Hours(4));
  fast.LeadAndDefine();
  const absl::Time last = fast.clock.Now();
  stored_clock.Advance(-absl::Hours(4));
  store.BreakSession();

  SteppedWriter untold(store);
  untold.role.Step();
  EXPECT_EQ(ReasonOf(untold.queue.Lead()), "CLOCK_IMPLAUSIBLE");

  SteppedWriter told(store, {.clock_behind_max = absl::InfiniteDuration()});
  told.role.Step();
  EXPECT_TRUE(told.queue.Lead().ok());
  const std::shared_ptr<Answer> answer = told.Submit();
  told.StepThroughAppend();
  ASSERT_TRUE(answer->has_value() && (*answer)->ok());
  EXPECT_EQ((**answer)->at(0).recorded_at, last) << "time never goes back in a ledger";
}

}  // namespace
}  // namespace canvass::aggregator
