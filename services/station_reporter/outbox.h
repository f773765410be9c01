#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/base/mutex.h"
#include "common/election/report.h"
#include "services/station_reporter/outbox_store.h"

namespace canvass::station_reporter {

struct OutboxLimits {
  // What is kept: an hour of a large region's night. A report costs about 250 bytes of memory
  // beside what it takes on the disk.
  std::size_t reports_max = 200'000;
  std::size_t bytes_max = std::size_t{256} << 20U;
  // Of one station: all its contests and sources, with some corrections. It is searched from front
  // to back.
  std::size_t station_reports_max = 1'000;
  // Newest refusals that are kept to be shown; the aggregator has a list of its own.
  std::size_t refusals_max = 10'000;
  // On their way to the aggregator at the same time: keeps it busy, and leaves room in its queue to
  // what comes from elsewhere.
  std::size_t sending_reports_max = 4'000;
  std::size_t sending_bytes_max = std::size_t{8} << 20U;
  // A revision whose predecessor is missing may only be early: another reporter's outbox may hold
  // that. It is sent again after the first wait, which doubles, until patience ends.
  absl::Duration gap_first_wait = absl::Seconds(1);
  absl::Duration gap_patience = absl::Minutes(2);
  // When somebody who was turned away should try again.
  int retry_after_ms = 5'000;
};

// A report that is to be sent now.
struct OutgoingReport {
  std::int64_t number = 0;
  std::string submitted{};  // canvass.aggregator.v1.SubmittedReport
};

// What the aggregator said of a report.
struct Outcome {
  std::int64_t number = 0;
  v1::Receipt receipt{};
};

// A report that is kept, with what is known of it.
struct OutboxItem {
  std::int64_t number = 0;
  v1::Receipt receipt{};  // QUEUED or REFUSED
  absl::Time queued_at{};
  std::optional<absl::Time> refused_at{};
};

struct OutboxSummary {
  std::size_t queued = 0;
  std::size_t queued_bytes = 0;
  std::optional<absl::Time> oldest_queued_at{};
  std::size_t refused = 0;
};

// Which items to list; an empty text or state is any.
struct OutboxFilter {
  std::string election_id{};
  std::string station_id{};
  v1::ReceiptState state = v1::RECEIPT_STATE_UNSPECIFIED;
};

// Reports that could not be handed on to the aggregator, until they can. A report that was queued
// stays until the aggregator has given its receipt; at most one report of each station is on its
// way at a time, and they go in the order of their numbers, so that a correction never comes before
// what it corrects. What is sent twice, because a receipt was lost, is harmless.
//
// Has no thread and no clock, and knows no network: whoever drives it calls
//   Queue      for reports that nobody else will bring to the aggregator,
//   TakeReady  when the aggregator can be reached, and sends what it gets,
//   Settle     with the receipts that came back, and
//   GiveBack   for what was sent and got no receipt.
// These four, which use the store, are called by one thread; the others by any, and do not block.
class Outbox {
 public:
  // With what `store`, which outlives it, has kept.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(OutboxStore& store,
                                                      const OutboxLimits& limits = {});

  // The greatest number that was kept at Open; those of new reports are above it, each used once.
  std::int64_t last_number() const { return last_number_; }

  // Keeps reports, all in one transaction. Answer i is about report i: its QUEUED receipt once it
  // is durable, also if the same report is queued already; RESOURCE_EXHAUSTED OUTBOX_FULL beyond a
  // limit, or what the store said: then it is not kept.
  std::vector<absl::StatusOr<v1::Receipt>> Queue(std::vector<NewReport> reports, absl::Time now);

  // Reports that are not on their way and whose turn it is, oldest first, as many as may be on
  // their way together. They are on their way from now on. Waits go by `steady_now`, of a
  // SteadyClock.
  absl::StatusOr<std::vector<OutgoingReport>> TakeReady(absl::Duration steady_now);

  // A report that was recorded or held leaves, and one that was refused becomes a refusal. An error
  // says that this is not durable yet, and so may be sent again after a restart; it is tried again
  // by the next call. Whatever is not on its way is passed over.
  absl::Status Settle(std::vector<Outcome> outcomes, absl::Time now, absl::Duration steady_now);

  // They are not on their way any more; their turn comes again.
  void GiveBack(const std::vector<std::int64_t>& numbers);

  // True if Settle has something that is not durable yet.
  bool HasUnsaved() const;
  // When a report that waits for its predecessor is to be sent again, by the steady clock; absent
  // if none does.
  std::optional<absl::Duration> NextTurnAt() const;

  // Whether reports of the station are queued: newer ones of it must go behind them.
  bool Holds(std::string_view election_id, std::string_view station_id) const;
  // The QUEUED receipt of a report, of the newest one for revision 0. A contest or source that is
  // left out, in the question or in the report, is any.
  std::optional<v1::Receipt> FindQueued(const election::ReportKey& key) const;
  // The REFUSED receipt, likewise; the last one if it was refused several times.
  std::optional<v1::Receipt> FindRefused(const election::ReportKey& key) const;
  // Up to `count` of what is kept, by number, of those above `after`.
  std::vector<OutboxItem> List(const OutboxFilter& filter, std::int64_t after,
                               std::size_t count) const;
  OutboxSummary Summary() const;

 private:
  struct Entry {
    QueuedReport report{};
    bool sending = false;
    absl::Duration gap_wait{};   // before it is sent again; zero: not early
    absl::Duration gap_until{};  // end of the patience
    absl::Duration not_before = -absl::InfiniteDuration();
  };
  using Station = std::pair<std::string, std::string>;  // election_id, station_id

  Outbox(OutboxStore& store, const OutboxLimits& limits) : store_(store), limits_(limits) {}

  void Load(OutboxContent content);
  void Insert(QueuedReport report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refuse(const QueuedReport& report, v1::Receipt receipt, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when its patience has ended.
  bool Postpone(Entry& entry, absl::Duration steady_now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The station's first report comes up: now, or when its wait is over.
  void Offer(const std::vector<std::int64_t>& station) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Withdraw(const std::vector<std::int64_t>& station) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsQueued(const QueuedReport& report) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sorts out what a call of Queue adds.
  class Admission;
  std::vector<std::int64_t> ChooseReady(absl::Duration steady_now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  OutboxStore& store_;
  const OutboxLimits limits_;
  std::int64_t last_number_ = 0;
  OutboxChange unsaved_;  // of the thread that drives
  mutable Mutex mutex_;
  std::map<std::int64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Each station's reports in the order in which they are sent.
  absl::flat_hash_map<Station, std::vector<std::int64_t>> stations_ ABSL_GUARDED_BY(mutex_);
  // First reports of stations, if not on their way: those whose turn it is, and those that wait.
  std::set<std::int64_t> ready_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Duration, std::int64_t>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t sending_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t sending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, Refusal> refusals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_H_
