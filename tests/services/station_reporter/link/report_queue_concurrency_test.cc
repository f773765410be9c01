#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "services/station_reporter/link/report_queue.h"

namespace canvass::station_reporter {
namespace {

using NumberQueue = ReportQueue<int, int>;

// Counts what becomes of its reports; each of them must hear once.
class CountingSubmitter final : public NumberQueue::Submitter {
 public:
  CountingSubmitter(int first_report, std::size_t reports)
      : first_report_(first_report), heard_(reports) {}

  void Answer(std::size_t first, std::vector<int> receipts) override {
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      // The stream of this test answers a report with its double.
      if (receipts[i] != 2 * (first_report_ + static_cast<int>(first + i))) wrong_ = true;
      ++heard_[first + i];
      ++answered_;
    }
  }
  void Fail(std::size_t first, std::size_t count, const absl::Status& /*status*/) override {
    for (std::size_t i = 0; i < count; ++i) ++heard_[first + i];
    failed_ += static_cast<int>(count);
  }

  int answered() const { return answered_; }
  int failed() const { return failed_; }
  bool wrong() const { return wrong_; }
  bool heard_once() const {
    for (const std::atomic<int>& each : heard_) {
      if (each != 1) return false;
    }
    return true;
  }

 private:
  const int first_report_;
  std::vector<std::atomic<int>> heard_;
  std::atomic<int> answered_ = 0;
  std::atomic<int> failed_ = 0;
  std::atomic<bool> wrong_ = false;
};

// Submitters on several threads, and a stream that takes, answers, breaks and opens again
// meanwhile.
TEST(ReportQueueConcurrencyTest, EveryReportThatWasTakenHearsOnce) {
  constexpr int kThreads = 4;
  constexpr int kSubmissions = 2'000;
  constexpr std::size_t kReports = 5;
  constexpr int kStations = 50;
  NumberQueue queue(
      {.reports_waiting_max = 1'000, .message_reports_max = 7, .messages_in_flight_max = 8});
  queue.Open();
  std::vector<std::vector<std::shared_ptr<CountingSubmitter>>> taken(kThreads);
  std::atomic<int> running = kThreads;

  std::vector<std::thread> submitters;
  for (int thread = 0; thread < kThreads; ++thread) {
    submitters.emplace_back([&, thread] {
      for (int i = 0; i < kSubmissions; ++i) {
        const int first = (thread * kSubmissions + i) * static_cast<int>(kReports);
        auto submitter = std::make_shared<CountingSubmitter>(first, kReports);
        std::vector<NumberQueue::SizedReport> reports;
        for (int r = 0; r < static_cast<int>(kReports); ++r) {
          // Some are of one station.
          const auto station = static_cast<std::uint64_t>((first + r) % kStations);
          reports.push_back({.report = first + r, .bytes = 1, .station = station});
        }
        if (queue.Add(std::move(reports), submitter).ok()) {
          taken[static_cast<std::size_t>(thread)].push_back(std::move(submitter));
        } else {
          std::this_thread::yield();
        }
      }
      --running;
    });
  }

  const absl::Status broken = absl::UnavailableError("broken");
  int messages = 0;
  std::vector<std::vector<int>> in_flight;
  while (running > 0) {
    std::vector<int> reports = queue.TakeMessage();
    if (!reports.empty()) in_flight.push_back(std::move(reports));
    if (in_flight.size() > 3) {
      std::vector<int> receipts = in_flight.front();
      in_flight.erase(in_flight.begin());
      for (int& receipt : receipts) receipt *= 2;
      ASSERT_TRUE(queue.AnswerMessage(std::move(receipts)));
      if (++messages % 100 == 0) {
        queue.Close(broken, broken);
        in_flight.clear();
        queue.Open();
      }
    }
  }
  for (std::thread& submitter : submitters) submitter.join();
  queue.Close(broken, broken);

  int answered = 0;
  int failed = 0;
  int reports = 0;
  for (const auto& of_thread : taken) {
    for (const auto& submitter : of_thread) {
      EXPECT_TRUE(submitter->heard_once());
      EXPECT_FALSE(submitter->wrong());
      answered += submitter->answered();
      failed += submitter->failed();
      reports += static_cast<int>(kReports);
    }
  }
  EXPECT_EQ(answered + failed, reports);
  EXPECT_GT(answered, 0);
}

}  // namespace
}  // namespace canvass::station_reporter
