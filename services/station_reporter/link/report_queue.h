#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_REPORT_QUEUE_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_REPORT_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cassert>
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
#include "common/base/reason.h"

namespace canvass::station_reporter {

struct ReportQueueLimits {
  // Limits on reports that wait while messages are in flight: a few seconds of the aggregator's
  // highest throughput. Beyond them Add fails.
  std::size_t reports_waiting_max = 200'000;
  std::size_t bytes_waiting_max = std::size_t{256} << 20U;
  // Limits on one message: large enough to make the overhead of a message negligible, and small
  // enough that the response, which lists every rule that each report breaks, stays below the
  // largest message.
  std::size_t message_reports_max = 2'000;
  std::size_t message_bytes_max = std::size_t{4} << 20U;
  // Fixed by the contract of RecordReports.
  std::size_t messages_in_flight_max = 64;
  // Retry delay in QUEUE_FULL errors.
  int retry_after_ms = 500;
};

// Gathers the reports of many submitters into one stream of messages, and hands the receipts back.
// While one message is being written, the next one fills. Messages are answered in the order in
// which they were taken. Thread-safe. Submitters are called without a lock held.
template <typename Report, typename Receipt>
class ReportQueue {
 public:
  // Receives the receipts of one submission. For each report exactly one of Answer and Fail is
  // called, from any thread. Calls for different reports may overlap. Fail is called in the order
  // in which the reports were added.
  class Submitter {
   public:
    Submitter() = default;
    Submitter(const Submitter&) = delete;
    Submitter& operator=(const Submitter&) = delete;
    virtual ~Submitter() = default;
    // Delivers the receipts of consecutive reports, starting at index `first` of the submission.
    virtual void Answer(std::size_t first, std::vector<Receipt> receipts) = 0;
    // Called when there will be no receipts for the `count` reports from index `first` on.
    virtual void Fail(std::size_t first, std::size_t count, const absl::Status& status) = 0;
  };

  struct SizedReport {
    Report report{};
    std::size_t bytes = 0;
  };

  struct AddOptions {
    // Add fails unless epoch() still has this value and no reports are being given back. A caller
    // that checked whether older reports must be sent first passes the epoch that it read before
    // that check. A negative value disables the check.
    std::int64_t epoch = -1;
    // The reports wait for their receipts as long as there is a stream: Expire skips them.
    bool patient = false;
  };

  explicit ReportQueue(const ReportQueueLimits& limits = {}) : limits_(limits) {}

  // Adds all of the reports or, if it fails, none. Does not call a submitter. Returns
  // RESOURCE_EXHAUSTED QUEUE_FULL beyond a limit. Without a stream, or if the epoch check fails,
  // returns the `waiting` status of the last Close or Expire. REQUIRES: reports is not empty.
  absl::Status Add(std::vector<SizedReport> reports, std::shared_ptr<Submitter> submitter,
                   const AddOptions& options = {}) {
    assert(!reports.empty());
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

  // Incremented before and after reports are given back without receipts.
  std::int64_t epoch() const { return epoch_; }

  // Call when a stream starts. Add accepts reports until the next Close.
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
  }

  // Call when the stream ends. Fails reports in flight with `taken` and waiting reports with
  // `waiting`. Add returns `waiting` until the next Open. REQUIRES: neither is OK.
  void Close(const absl::Status& taken, const absl::Status& waiting) {
    assert(!taken.ok() && !waiting.ok());
    std::vector<Slice> failed;
    std::deque<AddedReports> never_sent;
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

  // Fails reports, except patient ones, that were added more than `patience` before `now` and have
  // no receipt. Those in flight fail with `taken`, and their receipts will be dropped. If a waiting
  // report expires, all waiting reports that are not patient fail with `waiting`, so that none
  // overtakes it. `now` must never go back; it is recorded as the time of reports added until the
  // next call. REQUIRES: neither status is OK.
  void Expire(absl::Duration now, absl::Duration patience, const absl::Status& taken,
              const absl::Status& waiting) {
    assert(!taken.ok() && !waiting.ok());
    std::vector<Slice> failed;
    std::deque<AddedReports> never_sent;
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

  // Takes the reports of the next message. Returns none if no report waits or too many messages are
  // in flight. One caller at a time, and messages must be written in the order in which they were
  // taken.
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

  // Delivers the receipts of the oldest message in flight. Returns false and does nothing if there
  // is none, or if it has another number of reports. One caller at a time.
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
  struct AddedReports {
    std::vector<SizedReport> reports{};
    std::size_t next = 0;  // index of the first report not taken
    std::shared_ptr<Submitter> submitter{};
    absl::Duration added_at{};
    bool patient = false;
  };
  // Consecutive reports of one submission within a message.
  struct Slice {
    std::shared_ptr<Submitter> submitter{};  // null once expired
    std::size_t first = 0;
    std::size_t count = 0;
    absl::Duration added_at{};
    bool patient = false;
  };
  using Message = std::vector<Slice>;

  // Moves as many reports of `added` into the message as fit. Returns true if all of them were
  // moved. A message takes at least one report, however large.
  bool TakeFrom(AddedReports& added, std::size_t& bytes, std::vector<Report>& reports,
                Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::size_t first = added.next;
    while (added.next < added.reports.size()) {
      SizedReport& next = added.reports[added.next];
      const bool fits = reports.empty() || (reports.size() < limits_.message_reports_max &&
                                            bytes + next.bytes <= limits_.message_bytes_max);
      if (!fits) break;
      bytes += next.bytes;
      bytes_waiting_ -= next.bytes;
      --reports_waiting_;
      reports.push_back(std::move(next.report));
      ++added.next;
    }
    if (added.next > first) {
      message.push_back({.submitter = added.submitter,
                         .first = first,
                         .count = added.next - first,
                         .added_at = added.added_at,
                         .patient = added.patient});
    }
    return added.next == added.reports.size();
  }

  // Collects expired reports in flight, from the oldest up to the first that is not old enough.
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

  // Collects all waiting reports that are not patient, if the oldest of them is old enough.
  void ExpireWaiting(absl::Duration before, std::deque<AddedReports>& expired)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto oldest = std::find_if(waiting_.begin(), waiting_.end(),
                                     [](const AddedReports& each) { return !each.patient; });
    if (oldest == waiting_.end() || oldest->added_at >= before) return;
    std::deque<AddedReports> patient;
    for (AddedReports& added : waiting_) {
      if (added.patient) {
        patient.push_back(std::move(added));
        continue;
      }
      for (std::size_t i = added.next; i < added.reports.size(); ++i) {
        bytes_waiting_ -= added.reports[i].bytes;
        --reports_waiting_;
      }
      expired.push_back(std::move(added));
    }
    waiting_ = std::move(patient);
  }

  // Increments the epoch again after the submitters were called: a caller that read it while they
  // were being called may have looked for older reports before they came back.
  void GiveBack(const std::vector<Slice>& slices, const absl::Status& taken,
                const std::deque<AddedReports>& added, const absl::Status& waiting) {
    Fail(slices, taken, added, waiting);
    const MutexLock lock(mutex_);
    giving_back_ = false;
    ++epoch_;
  }

  static void Fail(const std::vector<Slice>& slices, const absl::Status& taken,
                   const std::deque<AddedReports>& added, const absl::Status& waiting) {
    for (const Slice& slice : slices) {
      if (slice.submitter != nullptr) slice.submitter->Fail(slice.first, slice.count, taken);
    }
    for (const AddedReports& each : added) {
      each.submitter->Fail(each.next, each.reports.size() - each.next, waiting);
    }
  }

  static std::size_t CountOf(const Message& message) {
    std::size_t count = 0;
    for (const Slice& slice : message) count += slice.count;
    return count;
  }

  absl::Status QueueFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return MakeError(reason::kQueueFull,
                     absl::StrCat(reports_waiting_,
                                  " reports are already waiting for the aggregator. None of the "
                                  "new reports was accepted. Send them again later."),
                     {.metadata = {{"reports_waiting", absl::StrCat(reports_waiting_)}},
                      .retry_after_ms = limits_.retry_after_ms});
  }

  const ReportQueueLimits limits_;
  std::atomic<std::int64_t> epoch_ = 0;  // written with the lock held
  Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;  // there is a stream
  bool giving_back_ ABSL_GUARDED_BY(mutex_) = false;
  // Status with which waiting reports were last given back.
  absl::Status given_back_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not connected yet");
  absl::Duration now_ ABSL_GUARDED_BY(mutex_);
  std::deque<AddedReports> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t reports_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Message> in_flight_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_REPORT_QUEUE_H_
