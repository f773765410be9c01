#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "gtest/gtest.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/outbox/outbox_courier.h"
#include "tests/support/memory_outbox_store.h"

namespace canvass::station_reporter {
namespace {

constexpr int kThreads = 4;
constexpr int kStations = 25;  // of each thread
constexpr int kRevisions = 20;

v1::StationReport Report(int station, int revision) {
  v1::StationReport report;
  report.set_election_id("e");
  report.set_station_id(absl::StrCat(station));
  report.set_revision(revision);
  return report;
}

// An aggregator that answers from a thread of its own, and now and then breaks off instead.
class Receiver {
 public:
  Receiver() : thread_([this] { Run(); }) {}
  ~Receiver() {
    stopping_ = true;
    thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  absl::Status Send(std::vector<SubmittedQueue::SizedReport> reports,
                    std::shared_ptr<SubmittedQueue::Submitter> submitter) {
    const MutexLock lock(mutex_);
    if (++calls_ % 7 == 0) return absl::UnavailableError("away");
    messages_.emplace_back(std::move(reports), std::move(submitter));
    return absl::OkStatus();
  }

  // Whether every station's revisions came in their order.
  bool in_order() const { return in_order_; }
  int recorded() const { return recorded_; }

 private:
  using Message = std::pair<std::vector<SubmittedQueue::SizedReport>,
                            std::shared_ptr<SubmittedQueue::Submitter>>;

  void Run() {
    while (!stopping_) {
      std::vector<Message> messages;
      {
        const MutexLock lock(mutex_);
        messages.swap(messages_);
      }
      for (Message& message : messages) Answer(message);
      std::this_thread::yield();
    }
  }

  void Answer(Message& message) {
    auto& [reports, submitter] = message;
    v1::Receipt recorded;
    recorded.set_state(v1::RECEIPT_STATE_RECORDED);
    std::vector<std::string> receipts(reports.size(), recorded.SerializeAsString());
    for (const SubmittedQueue::SizedReport& sent : reports) {
      aggregator::v1::SubmittedReport submitted;
      if (!submitted.ParseFromString(sent.report)) in_order_ = false;
      const v1::StationReport& report = submitted.report();
      int& newest = newest_[report.station_id()];
      if (report.revision() > newest + 1) in_order_ = false;
      if (report.revision() == newest + 1) {
        ++newest;
        ++recorded_;
      }
    }
    // Half of the receipts are lost every time but one.
    const std::size_t kept = ++answered_ % 5 == 0 ? reports.size() / 2 : reports.size();
    if (kept < reports.size()) {
      submitter->Fail(kept, reports.size() - kept, absl::UnavailableError("broken"));
      receipts.resize(kept);
    }
    if (!receipts.empty()) submitter->Answer(0, std::move(receipts));
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> in_order_ = true;
  std::atomic<int> recorded_ = 0;
  int answered_ = 0;                   // of the thread
  std::map<std::string, int> newest_;  // of the thread
  Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

TEST(OutboxCourierConcurrencyTest, EveryReportThatWasKeptArrivesInOrder) {
  canvass::testing::MemoryOutboxStore store;
  const auto outbox = Outbox::Open(store);
  ASSERT_TRUE(outbox.ok()) << outbox.status();
  const SystemClock clock;
  Receiver receiver;
  OutboxCourier courier(**outbox, {}, clock, [&receiver](auto reports, auto submitter) {
    return receiver.Send(std::move(reports), std::move(submitter));
  });
  courier.Start();
  std::atomic<int> kept = 0;
  std::vector<std::thread> submitters;
  for (int thread = 0; thread < kThreads; ++thread) {
    submitters.emplace_back([&, thread] {
      for (int revision = 1; revision <= kRevisions; ++revision) {
        for (int station = thread * kStations; station < (thread + 1) * kStations; ++station) {
          std::vector<NewReport> reports;
          reports.push_back(
              ForOutbox(Report(station, revision), courier.TakeNumbers(1), clock.Now()));
          courier.Add(std::move(reports),
                      [&kept](auto answers) { kept += answers.front().ok() ? 1 : 0; });
          courier.Holds("e", absl::StrCat(station));
        }
        courier.SetReachable(revision % 3 != 0);
        (*outbox)->List({}, 0, 10);
      }
      courier.SetReachable(true);
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  constexpr int kReports = kThreads * kStations * kRevisions;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  const auto done = [&] { return kept == kReports && (*outbox)->Summary().queued == 0; };
  while (!done() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(done());
  EXPECT_EQ(receiver.recorded(), kReports);
  EXPECT_TRUE(receiver.in_order());
  EXPECT_FALSE(courier.Holds("e", "0"));
  courier.Stop();  // what is settled in memory may still be in the store
  EXPECT_TRUE(store.numbers().empty());
}

}  // namespace
}  // namespace canvass::station_reporter
