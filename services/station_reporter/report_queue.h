#ifndef CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
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
  // thread; calls for different reports may overlap. Failures come in the order in which reports
  // were added.
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

  struct AddOptions {
    // Only if nothing was given back since epoch() said this: whoever looked before whether
    // something must come first can rely on it. Negative: whatever happened.
    std::int64_t epoch = -1;
    // Waits for the receipts as long as there is a stream; see Expire.
    bool patient = false;
  };

  explicit ReportQueue(const ReportQueueLimits& limits = {}) : limits_(limits) {}

  // Takes all of the reports or, with an error, none, and calls nobody: RESOURCE_EXHAUSTED
  // QUEUE_FULL past a limit; while there is no stream or in another epoch, what the last Close or
  // Expire said of what waited. REQUIRES: reports is not empty.
  absl::Status Add(std::vector<SizedReport> reports, std::shared_ptr<Submitter> submitter,
                   const AddOptions& options = {}) {
    std::size_t bytes = 0;
    for (const SizedReport& each : reports) bytes += each.bytes;
    const MutexLock lock(mutex_);
    if (!open_) return given_back_;
    if (options.epoch >= 0 && (giving_back_ || options.epoch != epoch_)) return given_back_;
    if (reports_waiting_ + reports.size() > limits_.reports_waiting_max ||
        bytes_waiting_ + bytes > limits_.bytes_waiting_max) {
      return QueueFull();
    }
    reports_waiting_ += reports.size();
    bytes_waiting_ += bytes;
    waiting_.push_back({.reports = std::move(reports),
                        .submitter = std::move(submitter),
                        .added_at = now_,
                        .patient = options.patient});
    return absl::OkStatus();
  }

  // Grows before and after reports are given back without a receipt.
  std::int64_t epoch() const { return epoch_; }

  // There is a stream now.
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
  }

  // There is no stream: fails what was taken for it with `taken`, and what waits, like everything
  // that is added before the next Open, with `waiting`. REQUIRES: neither is OK.
  void Close(const absl::Status& taken, const absl::Status& waiting) {
    std::vector<Slice> failed;
    std::deque<Submission> never_sent;
    {
      const MutexLock lock(mutex_);
      open_ = false;
      ++epoch_;
      given_back_ = waiting;
      for (Message& message : in_flight_)
        std::move(message.begin(), message.end(), std::back_inserter(failed));
      in_flight_.clear();
      never_sent.swap(waiting_);
      reports_waiting_ = 0;
      bytes_waiting_ = 0;
    }
    GiveBack(failed, taken, never_sent, waiting);
  }

  // `now`, on a clock that only goes forward, is the time of what is added until the next call.
  // Fails what was added more than `patience` before it and has no receipt yet, but for what is
  // patient: what was taken with `taken`, its receipts will be dropped; what waits with `waiting`,
  // and all that waits behind it, so that nothing overtakes it. REQUIRES: neither is OK.
  void Expire(absl::Duration now, absl::Duration patience, const absl::Status& taken,
              const absl::Status& waiting) {
    std::vector<Slice> failed;
    std::deque<Submission> never_sent;
    {
      const MutexLock lock(mutex_);
      now_ = now;
      ExpireTaken(now - patience, failed);
      ExpireWaiting(now - patience, never_sent);
      if (failed.empty() && never_sent.empty()) return;
      giving_back_ = true;
      ++epoch_;
      given_back_ = waiting;
    }
    GiveBack(failed, taken, never_sent, waiting);
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
      if (slice.submitter == nullptr) {
        next = end;
        continue;
      }
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
    absl::Duration added_at{};
    bool patient = false;
  };
  // Neighbouring reports of one submission in a message.
  struct Slice {
    std::shared_ptr<Submitter> submitter{};  // null: waits no longer
    std::size_t first = 0;
    std::size_t count = 0;
    absl::Duration added_at{};
    bool patient = false;
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
      message.push_back({.submitter = submission.submitter,
                         .first = first,
                         .count = submission.next - first,
                         .added_at = submission.added_at,
                         .patient = submission.patient});
    }
    return submission.next == submission.reports.size();
  }

  // From the oldest on, up to the first that is not old enough.
  void ExpireTaken(absl::Duration before, std::vector<Slice>& expired)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (Message& message : in_flight_) {
      for (Slice& slice : message) {
        if (slice.added_at >= before) return;
        if (slice.patient || slice.submitter == nullptr) continue;
        expired.push_back(slice);
        slice.submitter = nullptr;
      }
    }
  }

  // All but what is patient, if the oldest is old enough.
  void ExpireWaiting(absl::Duration before, std::deque<Submission>& expired)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto oldest = std::find_if(waiting_.begin(), waiting_.end(),
                                     [](const Submission& each) { return !each.patient; });
    if (oldest == waiting_.end() || oldest->added_at >= before) return;
    std::deque<Submission> patient;
    for (Submission& submission : waiting_) {
      if (submission.patient) {
        patient.push_back(std::move(submission));
        continue;
      }
      for (std::size_t i = submission.next; i < submission.reports.size(); ++i) {
        bytes_waiting_ -= submission.reports[i].bytes;
        --reports_waiting_;
      }
      expired.push_back(std::move(submission));
    }
    waiting_ = std::move(patient);
  }

  // Whoever asks for the epoch before this ends does not know yet what comes back.
  void GiveBack(const std::vector<Slice>& slices, const absl::Status& taken,
                const std::deque<Submission>& submissions, const absl::Status& waiting) {
    Fail(slices, taken, submissions, waiting);
    const MutexLock lock(mutex_);
    giving_back_ = false;
    ++epoch_;
  }

  static void Fail(const std::vector<Slice>& slices, const absl::Status& taken,
                   const std::deque<Submission>& submissions, const absl::Status& waiting) {
    for (const Slice& slice : slices) {
      if (slice.submitter != nullptr) slice.submitter->Fail(slice.first, slice.count, taken);
    }
    for (const Submission& submission : submissions) {
      submission.submitter->Fail(submission.next, submission.reports.size() - submission.next,
                                 waiting);
    }
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
  std::atomic<std::int64_t> epoch_ = 0;  // written with the lock held
  Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;  // there is a stream
  bool giving_back_ ABSL_GUARDED_BY(mutex_) = false;
  // Why reports that waited were given back the last time.
  absl::Status given_back_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not connected yet");
  absl::Duration now_ ABSL_GUARDED_BY(mutex_);
  std::deque<Submission> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t reports_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Message> in_flight_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_REPORT_QUEUE_H_
