#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_H_

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
#include "services/station_reporter/outbox/outbox_limits.h"
#include "services/station_reporter/outbox/outbox_shares.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::station_reporter {

// A report to send.
struct OutgoingReport {
  std::int64_t number = 0;
  election::ReportKey key{};
  std::string submitted{};  // canvass.aggregator.v1.SubmittedReport
};

// The aggregator's receipt for a report.
struct Outcome {
  std::int64_t number = 0;
  v1::Receipt receipt{};
};

// A queued, refused or damaged report, as List returns it.
struct OutboxItem {
  std::int64_t number = 0;
  v1::Receipt receipt{};  // QUEUED or REFUSED; of a damaged report REFUSED for REPORT_DAMAGED
  absl::Time queued_at{};
  std::optional<absl::Time> refused_at{};
};

struct OutboxSummary {
  std::size_t queued = 0;
  std::size_t queued_bytes = 0;
  std::optional<absl::Time> oldest_queued_at{};
  std::size_t refused = 0;
  std::size_t damaged = 0;
};

// Selects the items to list. An empty id or an unspecified state matches all.
struct OutboxFilter {
  std::string election_id{};
  std::string station_id{};
  v1::ReceiptState state = v1::RECEIPT_STATE_UNSPECIFIED;
};

// Keeps reports that could not be forwarded to the aggregator until they can be. A queued report
// stays until the aggregator has given its receipt. Each station has at most one report in flight,
// and its reports are sent in the order of their numbers, so that a correction never arrives before
// the report that it corrects. The exception is a report refused for REVISION_GAP, which moves
// behind the others of its station. Sending a report twice, because its receipt was lost, is
// harmless.
//
// A report that the store finds damaged is never sent. It is set aside: it is logged as an error
// and listed, holds up no other report, and stays in the store.
//
// Has no thread, no clock and no network. The driver calls
//   Queue      for reports that nobody else will deliver to the aggregator,
//   TakeReady  when the aggregator can be reached, and sends the reports that it returns,
//   Settle     with the receipts that came back,
//   GiveBack   for reports that were sent and got no receipt, and
//   Know       when the aggregator has told which elections it has.
// One thread calls these five and HasUnsaved; they may block on the store. The other methods may be
// called from any thread and do not block.
class Outbox {
 public:
  // Loads what `store` has kept. Returns the errors of OutboxStore::Read. `store` must outlive the
  // outbox.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(OutboxStore& store,
                                                      const OutboxLimits& limits = {});

  // Largest number that was in the store at Open, 0 if it was empty. Numbers of new reports must be
  // larger, and each is used once. The number of a damaged report counts if it is plausible.
  std::int64_t last_number() const { return last_number_; }

  // Stores reports in one transaction. Answer i belongs to report i. It is the QUEUED receipt once
  // the report is durable, also if the same report was queued already. Otherwise the report is not
  // kept, and the answer is RESOURCE_EXHAUSTED OUTBOX_FULL beyond a limit, or the error of the
  // store.
  std::vector<absl::StatusOr<v1::Receipt>> Queue(std::vector<NewReport> reports, absl::Time now);

  // Returns reports whose turn it is, oldest first, up to the limits on reports in flight. They are
  // in flight from then on, unless the store fails. Sets aside those that are damaged. Waits are
  // measured against `steady_now`, the time of a steady clock.
  absl::StatusOr<std::vector<OutgoingReport>> TakeReady(absl::Duration steady_now);

  // Applies outcomes. A recorded or held report leaves the outbox, and a refused one becomes a
  // refusal. Outcomes of reports that are not in flight are ignored. On an error the changes are
  // not durable yet, so the reports may be sent again after a restart; the next call tries again.
  absl::Status Settle(std::vector<Outcome> outcomes, absl::Time now, absl::Duration steady_now);

  // Marks reports as no longer in flight; they will be sent again.
  void GiveBack(const std::vector<std::int64_t>& numbers);

  // The aggregator has these elections (see OutboxShares). Returns the error of the store; they are
  // known all the same until the outbox is closed.
  absl::Status Know(const std::vector<std::string>& election_ids);

  // Whether changes made by Settle are not durable yet.
  bool HasUnsaved() const;
  // When the next report that waits for its predecessor is sent again, on the steady clock. Absent
  // if none waits.
  std::optional<absl::Duration> NextTurnAt() const;

  // Whether reports of the station are queued. Newer reports of the station must then be queued
  // behind them.
  bool Holds(std::string_view election_id, std::string_view station_id) const;
  // Returns the QUEUED receipt of a report, or of its newest queued revision if `key` has revision
  // 0. An empty contest or source, in `key` or in the report, matches any.
  std::optional<v1::Receipt> FindQueued(const election::ReportKey& key) const;
  // Returns the REFUSED receipt of a refused or damaged report, found in the same way. If there are
  // several, returns the one with the highest number.
  std::optional<v1::Receipt> FindRefused(const election::ReportKey& key) const;
  // Returns up to `count` items with numbers above `after`, ordered by number.
  std::vector<OutboxItem> List(const OutboxFilter& filter, std::int64_t after,
                               std::size_t count) const;
  OutboxSummary Summary() const;

 private:
  struct Entry {
    QueuedReport report{};
    bool sending = false;        // in flight
    absl::Duration gap_wait{};   // before it is sent again; zero if never early
    absl::Duration gap_until{};  // when gap_patience ends
    absl::Duration not_before = -absl::InfiniteDuration();
  };
  using Station = std::pair<std::string, std::string>;  // election_id, station_id

  Outbox(OutboxStore& store, const OutboxLimits& limits)
      : store_(store), limits_(limits), shares_(limits) {}

  void Load(OutboxContent content);
  void Insert(QueuedReport report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndSending(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Removes the report from memory.
  void Drop(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetAside(const DamagedReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refuse(const QueuedReport& report, v1::Receipt receipt, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns false if gap_patience has ended.
  bool Postpone(Entry& entry, absl::Duration steady_now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the station's first report into ready_, or into waiting_ if it was early. Does nothing if
  // the report is in flight.
  void Offer(const std::vector<std::int64_t>& station) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Withdraw(const std::vector<std::int64_t>& station) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsQueued(const QueuedReport& report) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decides which reports a call of Queue adds.
  class Admission;
  std::vector<std::int64_t> ChooseReady(absl::Duration steady_now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  OutboxStore& store_;
  const OutboxLimits limits_;
  std::int64_t last_number_ = 0;
  OutboxChange unsaved_;  // used only by the driving thread
  mutable Mutex mutex_;
  std::map<std::int64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Each station's reports, in the order in which they are sent.
  absl::flat_hash_map<Station, std::vector<std::int64_t>> stations_ ABSL_GUARDED_BY(mutex_);
  // First reports of stations that have none in flight: those that may be sent, and those that
  // wait, with the end of their wait.
  std::set<std::int64_t> ready_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Duration, std::int64_t>> waiting_ ABSL_GUARDED_BY(mutex_);
  OutboxShares shares_ ABSL_GUARDED_BY(mutex_);  // of reports in entries_ or being stored
  std::size_t sending_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t sending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, OutboxRefusal> refusals_ ABSL_GUARDED_BY(mutex_);
  // Reports that were set aside, as they are shown. Refused at absl::InfinitePast().
  std::map<std::int64_t, OutboxRefusal> damaged_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_H_
