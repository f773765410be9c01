#ifndef CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/mutex.h"

namespace canvass::station_reporter {

struct ReportQueueLimits {
  // What waits while messages are on their way: some seconds of the most that the aggregator takes.
  // Past it submitters are told to come back.
  std::size_t reports_waiting_max = 200'000;
  std::size_t bytes_waiting_max = std::size_t{256} << 20U;
  // One message: large enough that its overhead is nothing, small enough that the answer, with
  // every rule that each report breaks, stays below the largest answer.
  std::size_t message_reports_max = 2'000;
  std::size_t message_bytes_max = std::size_t{4} << 20U;
  // Part of RecordReports' contract.
  std::size_t messages_in_flight_max = 64;
  // When somebody who was turned away should try again.
  int retry_after_ms = 500;
};

// Reports of many submitters on their way into one stream of messages, and receipts on their way
// back. While a message is being written the next one gathers. Messages are answered in the order
// in which they were taken. Thread-safe; submitters are called without a lock held.
template <typename Report, typename Receipt>
class ReportQueue {
 public:
  // Whoever waits for receipts. For each of its reports exactly one of the two is called, from any
  // thread; calls for different reports may overlap.
  class Submitter {
   public:
    Submitter() = default;
    Submitter(const Submitter&) = delete;
    Submitter& operator=(const Submitter&) = delete;
    virtual ~Submitter() = default;
    // Receipts of the reports from number `first` of the submission on.
    virtual void Answer(std::size_t first, std::vector<Receipt> receipts) = 0;
    // There will be no receipt for `count` reports from number `first` on.
    virtual void Fail(std::size_t first, std::size_t count, const absl::Status& status) = 0;
  };

  struct SizedReport {
    Report report{};
    std::size_t bytes = 0;
  };

  explicit ReportQueue(const ReportQueueLimits& limits = {}) : limits_(limits) {}

  // Takes all of the reports or, with an error, none, and calls nobody: RESOURCE_EXHAUSTED
  // QUEUE_FULL past a limit; while there is no stream, what Close said. REQUIRES: reports is not
  // empty.
  absl::Status Add(std::vector<SizedReport> reports, std::shared_ptr<Submitter> submitter) {
    std::size_t bytes = 0;
    for (const SizedReport& each : reports) bytes += each.bytes;
    const MutexLock lock(mutex_);
    if (!closed_.ok()) return closed_;
    if (reports_waiting_ + reports.size() > limits_.reports_waiting_max ||
        bytes_waiting_ + bytes > limits_.bytes_waiting_max) {
      return QueueFull();
    }
    reports_waiting_ += reports.size();
    bytes_waiting_ += bytes;
    waiting_.push_back({.reports = std::move(reports), .submitter = std::move(submitter)});
    return absl::OkStatus();
  }

  // There is a stream now.
  void Open() {
    const MutexLock lock(mutex_);
    closed_ = absl::OkStatus();
  }

  // There is no stream: fails what was taken for it with `taken`, and what waits, like everything
  // that is added before the next Open, with `waiting`. REQUIRES: neither is OK.
  void Close(const absl::Status& taken, const absl::Status& waiting) {
    std::deque<Message> failed;
    std::deque<Submission> never_sent;
    {
      const MutexLock lock(mutex_);
      closed_ = waiting;
      failed.swap(in_flight_);
      never_sent.swap(waiting_);
      reports_waiting_ = 0;
      bytes_waiting_ = 0;
    }
    for (const Message& message : failed) {
      for (const Slice& slice : message) slice.submitter->Fail(slice.first, slice.count, taken);
    }
    for (const Submission& submission : never_sent) {
      submission.submitter->Fail(submission.next, submission.reports.size() - submission.next,
                                 waiting);
    }
  }

  // Reports of the next message; empty if none waits, or enough messages are in flight. One caller
  // at a time, in the order in which the messages are written.
  std::vector<Report> TakeMessage() {
    const MutexLock lock(mutex_);
    std::vector<Report> reports;
    if (waiting_.empty() || in_flight_.size() >= limits_.messages_in_flight_max) return reports;
    Message message;
    std::size_t bytes = 0;
    while (!waiting_.empty() && TakeFrom(waiting_.front(), bytes, reports, message)) {
      waiting_.pop_front();
    }
    in_flight_.push_back(std::move(message));
    return reports;
  }

  // Receipts of the oldest message in flight. False, with nothing done, if there is none or it had
  // another number of reports. One caller at a time.
  bool AnswerMessage(std::vector<Receipt> receipts) {
    Message message;
    {
      const MutexLock lock(mutex_);
      if (in_flight_.empty() || CountOf(in_flight_.front()) != receipts.size()) return false;
      message = std::move(in_flight_.front());
      in_flight_.pop_front();
    }
    auto next = std::make_move_iterator(receipts.begin());
    for (const Slice& slice : message) {
      const auto end = next + static_cast<std::ptrdiff_t>(slice.count);
      slice.submitter->Answer(slice.first, std::vector<Receipt>(next, end));
      next = end;
    }
    return true;
  }

 private:
  struct Submission {
    std::vector<SizedReport> reports{};
    std::size_t next = 0;  // the first that was not taken
    std::shared_ptr<Submitter> submitter{};
  };
  // Neighbouring reports of one submission in a message.
  struct Slice {
    std::shared_ptr<Submitter> submitter{};
    std::size_t first = 0;
    std::size_t count = 0;
  };
  using Message = std::vector<Slice>;

  // Moves as many reports of `submission` into the message as fit; true if that was all of them. A
  // message has at least one report, however large.
  bool TakeFrom(Submission& submission, std::size_t& bytes, std::vector<Report>& reports,
                Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::size_t first = submission.next;
    while (submission.next < submission.reports.size()) {
      SizedReport& next = submission.reports[submission.next];
      const bool fits = reports.empty() || (reports.size() < limits_.message_reports_max &&
                                            bytes + next.bytes <= limits_.message_bytes_max);
      if (!fits) break;
      bytes += next.bytes;
      bytes_waiting_ -= next.bytes;
      --reports_waiting_;
      reports.push_back(std::move(next.report));
      ++submission.next;
    }
    if (submission.next > first) {
      message.push_back(
          {.submitter = submission.submitter, .first = first, .count = submission.next - first});
    }
    return submission.next == submission.reports.size();
  }

  static std::size_t CountOf(const Message& message) {
    std::size_t count = 0;
    for (const Slice& slice : message) count += slice.count;
    return count;
  }

  absl::Status QueueFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat(reports_waiting_,
                                  " reports wait for the aggregator already; none of "
                                  "these was taken. Send them again later."),
                     {.reason = "QUEUE_FULL",
                      .metadata = {{"reports_waiting", absl::StrCat(reports_waiting_)}},
                      .retry_after_ms = limits_.retry_after_ms});
  }

  const ReportQueueLimits limits_;
  Mutex mutex_;
  // OK while there is a stream.
  absl::Status closed_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not connected yet");
  std::deque<Submission> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t reports_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Message> in_flight_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_
