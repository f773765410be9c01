#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {
namespace {

constexpr int kThreads = 4;
constexpr int kReportsPerThread = 200;

// The patrol goes round nearly all the time.
LedgerWriter::Options WithBusyPatrol() {
  LedgerWriter::Options options = QuickOptions();
  options.patrol_pause = absl::Microseconds(100);
  return options;
}

std::int64_t StationsCounted(const CommittedLedgers& committed) {
  return committed.Reading([](const CommittedLedgers::Contents& contents) -> std::int64_t {
    return contents.Find("e-1")->count().TallyOfArea(0, 0, 0).reports;
  });
}

struct Tally {
  std::atomic<int> acknowledged = 0;
  std::atomic<int> recorded = 0;  // those that were no repetition
};

// Every thread submits every report, and again what was not acknowledged.
void SubmitAll(WriterStage& stage, int first, Tally& tally) {
  for (int i = 0; i < kReportsPerThread; ++i) {
    const int station = (first + i) % kReportsPerThread + 1;
    for (;;) {
      const auto receipts = stage.Submit(ReportOf(station).Build()).get();
      if (!receipts.ok()) {
        std::this_thread::yield();
        continue;
      }
      if (!receipts->at(0).repeated_submission) ++tally.recorded;
      ++tally.acknowledged;
      break;
    }
  }
}

std::vector<std::thread> StartSubmitters(WriterStage& stage, Tally& tally) {
  std::vector<std::thread> submitters;
  for (int thread = 0; thread < kThreads; ++thread) {
    submitters.emplace_back([&stage, thread, &tally] {
      SubmitAll(stage, thread * kReportsPerThread / kThreads, tally);
    });
  }
  return submitters;
}

TEST(LedgerWriterConcurrencyTest, ManySubmittersAndReaders) {
  Tally tally;
  WriterStage stage(WithBusyPatrol());
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(kReportsPerThread).Request()).get().ok());
  std::atomic<bool> done = false;
  std::thread reader([&stage, &done] {
    std::int64_t counted = 0;
    while (!done) {
      const std::int64_t now = StationsCounted(stage.committed);
      EXPECT_GE(now, counted);
      counted = now;
    }
  });
  std::vector<std::thread> submitters = StartSubmitters(stage, tally);
  for (std::thread& submitter : submitters) submitter.join();
  done = true;
  reader.join();
  EXPECT_EQ(tally.recorded, kReportsPerThread);
  EXPECT_EQ(StationsCounted(stage.committed), kReportsPerThread);
}

TEST(LedgerWriterConcurrencyTest, NothingIsLostOrCountedTwiceWhileSessionsBreak) {
  Tally tally;
  WriterStage stage(WithBusyPatrol());
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(kReportsPerThread).Request()).get().ok());
  std::atomic<bool> done = false;
  // After each fault something must get through before the next.
  std::thread faults([&stage, &done, &tally] {
    int seen = 0;
    const auto await_progress = [&done, &tally, &seen] {
      while (!done && tally.acknowledged == seen) std::this_thread::yield();
      seen = tally.acknowledged;
    };
    while (!done) {
      stage.ledger.FailAppendsAfterCommit(1);
      await_progress();
      stage.store.BreakSession();
      await_progress();
      stage.ledger.FailAppendsBeforeCommit(1);
      await_progress();
    }
  });
  std::vector<std::thread> submitters = StartSubmitters(stage, tally);
  for (std::thread& submitter : submitters) submitter.join();
  done = true;
  faults.join();
  stage.ledger.FailAppendsAfterCommit(0);
  stage.ledger.FailAppendsBeforeCommit(0);
  // A commit in doubt that was given up was recorded all the same, and repeated later.
  EXPECT_LE(tally.recorded, kReportsPerThread);
  // Two entries of the definition.
  EXPECT_EQ(stage.store.EntriesOf("e-1").size(), kReportsPerThread + 2);
  EXPECT_EQ(StationsCounted(stage.committed), kReportsPerThread);
}

TEST(LedgerWriterConcurrencyTest, StopsWhileReportsCome) {
  WriterStage stage(WithBusyPatrol());
  stage.Start();
  ASSERT_TRUE(stage.Define(ElectionOf(kReportsPerThread).Request()).get().ok());
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> submitters;
  for (int thread = 0; thread < kThreads; ++thread) {
    submitters.emplace_back([&stage, thread, &acknowledged] {
      const int share = kReportsPerThread / kThreads;
      for (int i = 1; i <= share; ++i) {
        if (stage.Submit(ReportOf(thread * share + i).Build()).get().ok()) ++acknowledged;
      }
    });
  }
  stage.writer.Stop();
  for (std::thread& submitter : submitters) submitter.join();
  EXPECT_EQ(stage.store.EntriesOf("e-1").size(), static_cast<std::size_t>(acknowledged) + 2);
}

}  // namespace
}  // namespace canvass::aggregator
