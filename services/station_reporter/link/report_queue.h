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
#include "common/base/fair_share.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "services/station_reporter/link/waiting_reports.h"

namespace canvass::station_reporter {

struct ReportQueueLimits {
  // Limits on reports that wait while messages are in flight: a few seconds of the aggregator's
  // highest throughput, and the memory that they hold. Beyond them Add fails.
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
// While one message is being written, the next one fills. Callers take turns, and the reports of a
// station are sent one at a time (see WaitingReports). Messages are answered in the order in which
// they were taken. Thread-safe. Submitters are called without a lock held.
template <typename Report, typename Receipt>
class ReportQueue {
 public:
  // Receives the receipts of one submission. For each report exactly one of Answer and Fail is
  // called, from any thread. Calls for different reports may overlap. Fail is called in the order
  // in which the reports of a station were added.
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

  using SizedReport = typename AddedReports<Report, Submitter>::Item;

  struct AddOptions {
    // Add fails unless epoch() still has this value and no reports are being given back. A caller
    // that checked whether older reports must be sent first passes the epoch that it read before
    // that check. A negative value disables the check.
    std::int64_t epoch = -1;
    // The reports wait for their receipts as long as there is a stream: Expire skips them.
    bool patient = false;
    // Whose reports they are.
    std::uint64_t caller = 0;
  };

  explicit ReportQueue(const ReportQueueLimits& limits = {}) : limits_(limits) {}

  // Adds all of the reports or, if it fails, none. Does not call a submitter. Returns
  // RESOURCE_EXHAUSTED QUEUE_FULL if the caller would have more waiting than there is room for: a
  // single caller may fill half of the queue, two of them a third each, and so on, so that a caller
  // who comes later finds room. Without a stream, or if the epoch check fails, returns the
  // `waiting` status of the last Close or Expire. REQUIRES: reports is not empty.
  absl::Status Add(std::vector<SizedReport> reports, std::shared_ptr<Submitter> submitter,
                   const AddOptions& options = {}) {
    assert(!reports.empty());
    std::size_t bytes = 0;
    for (const SizedReport& each : reports) bytes += each.HeldBytes();
    const MutexLock lock(mutex_);
    if (!open_) return given_back_;
    if (options.epoch >= 0 && (giving_back_ || options.epoch != epoch_)) return given_back_;
    if (!HasRoom(options.caller, reports.size(), bytes)) return QueueFull(options.caller);
    waiting_.Add(std::make_shared<Added>(Added{.items = std::move(reports),
                                               .submitter = std::move(submitter),
                                               .caller = options.caller,
                                               .patient = options.patient,
                                               .added_at = now_}));
    return absl::OkStatus();
  }

  // What waits for its message, and what was sent and is not answered.
  struct Size {
    std::size_t reports = 0;
    std::size_t bytes = 0;  // of memory
    std::size_t reports_in_flight = 0;
  };
  Size size() const {
    const MutexLock lock(mutex_);
    Size size = {.reports = waiting_.reports(), .bytes = waiting_.bytes()};
    for (const Message& message : in_flight_) size.reports_in_flight += CountOf(message);
    return size;
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
    std::vector<Slice> never_sent;
    {
      const MutexLock lock(mutex_);
      open_ = false;
      ++epoch_;
      given_back_ = waiting;
      for (Message& message : in_flight_) {
        std::copy_if(message.begin(), message.end(), std::back_inserter(failed), IsExpected);
      }
      in_flight_.clear();
      never_sent = waiting_.RemoveAll();
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
    std::vector<Slice> never_sent;
    {
      const MutexLock lock(mutex_);
      now_ = now;
      ExpireTaken(now - patience, failed);
      never_sent = waiting_.RemoveExpired(now - patience);
      if (failed.empty() && never_sent.empty()) return;
      giving_back_ = true;
      ++epoch_;
      given_back_ = waiting;
    }
    GiveBack(failed, taken, never_sent, waiting);
  }

  // Takes the reports of the next message. Returns none if no report may be sent or too many
  // messages are in flight. One caller at a time, and messages must be written in the order in
  // which they were taken.
  std::vector<Report> TakeMessage() {
    const MutexLock lock(mutex_);
    std::vector<Report> reports;
    if (in_flight_.size() >= limits_.messages_in_flight_max) return reports;
    Message message;
    std::size_t bytes = 0;
    // A message takes at least one report, however large.
    waiting_.Offer([&](const AddedPtr& added, std::size_t index) {
      SizedReport& next = added->items[index];
      const bool fits = reports.empty() || (reports.size() < limits_.message_reports_max &&
                                            bytes + next.bytes <= limits_.message_bytes_max);
      if (!fits) return false;
      bytes += next.bytes;
      reports.push_back(std::move(next.report));
      Extend(message, added, index);
      return true;
    });
    if (!message.empty()) in_flight_.push_back(std::move(message));
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
      for (const Slice& slice : message) {
        for (std::size_t i = 0; i < slice.count; ++i) {
          waiting_.Free(slice.added->items[slice.first + i].station);
        }
      }
    }
    auto next = std::make_move_iterator(receipts.begin());
    for (const Slice& slice : message) {
      const auto end = next + static_cast<std::ptrdiff_t>(slice.count);
      if (IsExpected(slice)) {
        slice.added->submitter->Answer(slice.first, std::vector<Receipt>(next, end));
      }
      next = end;
    }
    return true;
  }

 private:
  using Added = AddedReports<Report, Submitter>;
  using AddedPtr = std::shared_ptr<Added>;
  using Slice = typename WaitingReports<Report, Submitter>::Slice;
  using Message = std::vector<Slice>;

  static bool IsExpected(const Slice& slice) { return !slice.expired; }

  static void Extend(Message& message, const AddedPtr& added, std::size_t index) {
    const bool joins = !message.empty() && message.back().added == added &&
                       message.back().first + message.back().count == index;
    if (joins) {
      ++message.back().count;
    } else {
      message.push_back({.added = added, .first = index, .count = 1});
    }
  }

  // Collects expired reports in flight.
  void ExpireTaken(absl::Duration before, std::vector<Slice>& expired)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (Message& message : in_flight_) {
      for (Slice& slice : message) {
        const Added& added = *slice.added;
        if (added.added_at >= before || added.patient || slice.expired) continue;
        expired.push_back(slice);
        slice.expired = true;
      }
    }
  }

  // Increments the epoch again after the submitters were called: a caller that read it while they
  // were being called may have looked for older reports before they came back.
  void GiveBack(const std::vector<Slice>& taken_slices, const absl::Status& taken,
                const std::vector<Slice>& waiting_slices, const absl::Status& waiting) {
    Fail(taken_slices, taken);
    Fail(waiting_slices, waiting);
    const MutexLock lock(mutex_);
    giving_back_ = false;
    ++epoch_;
  }

  static void Fail(const std::vector<Slice>& slices, const absl::Status& status) {
    for (const Slice& slice : slices) {
      slice.added->submitter->Fail(slice.first, slice.count, status);
    }
  }

  static std::size_t CountOf(const Message& message) {
    std::size_t count = 0;
    for (const Slice& slice : message) count += slice.count;
    return count;
  }

  bool HasRoom(std::uint64_t caller, std::size_t reports, std::size_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return IsFairShare(waiting_.ReportsOf(caller), reports, waiting_.reports(),
                       limits_.reports_waiting_max) &&
           IsFairShare(waiting_.BytesOf(caller), bytes, waiting_.bytes(),
                       limits_.bytes_waiting_max);
  }

  absl::Status QueueFull(std::uint64_t caller) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return MakeError(
        reason::kQueueFull,
        absl::StrCat(waiting_.reports(), " reports that hold ", waiting_.bytes(),
                     " bytes of memory are already waiting for the aggregator, ",
                     waiting_.ReportsOf(caller), " of ", waiting_.BytesOf(caller),
                     " bytes from this caller; the limits are ", limits_.reports_waiting_max,
                     " reports and ", limits_.bytes_waiting_max,
                     " bytes, and a caller may have as much as it leaves free. None of the new "
                     "reports was accepted. Send them again later."),
        {.metadata = {{"reports_waiting", absl::StrCat(waiting_.reports())},
                      {"bytes_waiting", absl::StrCat(waiting_.bytes())},
                      {"reports_waiting_of_caller", absl::StrCat(waiting_.ReportsOf(caller))},
                      {"bytes_waiting_of_caller", absl::StrCat(waiting_.BytesOf(caller))},
                      {"reports_max", absl::StrCat(limits_.reports_waiting_max)},
                      {"bytes_max", absl::StrCat(limits_.bytes_waiting_max)}},
         .retry_after_ms = limits_.retry_after_ms});
  }

  const ReportQueueLimits limits_;
  std::atomic<std::int64_t> epoch_ = 0;  // written with the lock held
  mutable Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;  // there is a stream
  bool giving_back_ ABSL_GUARDED_BY(mutex_) = false;
  // Status with which waiting reports were last given back.
  absl::Status given_back_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not connected yet");
  absl::Duration now_ ABSL_GUARDED_BY(mutex_);
  WaitingReports<Report, Submitter> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<Message> in_flight_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_REPORT_QUEUE_H_
