#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_COURIER_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_COURIER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/station_reporter/link/submitted_queue.h"
#include "services/station_reporter/outbox/outbox.h"
#include "services/station_reporter/outbox/outbox_limits.h"
#include "services/station_reporter/outbox/outbox_shares.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::station_reporter {

// Runs the thread of an outbox. Writes arriving reports to disk together, many in one transaction,
// and sends queued reports while the aggregator can be reached. Thread-safe. Only the courier's own
// thread waits for the disk.
class OutboxCourier {
 public:
  // Queues reports for sending, with the contract of AggregatorLink::Submit.
  using Send = std::function<absl::Status(std::vector<SubmittedQueue::SizedReport>,
                                          std::shared_ptr<SubmittedQueue::Submitter>)>;
  // Receives the answers of Outbox::Queue, on the courier's thread. If Add turns the reports away,
  // it is called on the thread that called Add.
  using Answer = std::function<void(std::vector<absl::StatusOr<v1::Receipt>>)>;

  // `outbox` and `clock` must outlive the courier. `limits` are the outbox's; they also bound the
  // reports that wait for the disk.
  OutboxCourier(Outbox& outbox, const OutboxLimits& limits, const Clock& clock, Send send);
  // Calls Stop.
  ~OutboxCourier();
  OutboxCourier(const OutboxCourier&) = delete;
  OutboxCourier& operator=(const OutboxCourier&) = delete;

  void Start();
  // Stores the reports that wait for the disk and takes no more. Idempotent. REQUIRES: every report
  // that was sent has been answered or failed.
  void Stop();

  // Reserves `count` consecutive numbers, in the order in which reports arrive, and returns the
  // first.
  std::int64_t TakeNumbers(std::size_t count) { return next_number_.fetch_add(Signed(count)); }

  // Queues reports of one caller for storing; see Outbox::Queue. Their stations are held from then
  // on. Answers RESOURCE_EXHAUSTED OUTBOX_FULL if too many reports, or too many of this caller,
  // wait for the disk, and UNAVAILABLE SHUTTING_DOWN after Stop.
  void Add(std::vector<NewReport> reports, Answer answer);

  // Whether newer reports of the station must be queued too, so that they do not overtake older
  // ones.
  bool Holds(std::string_view election_id, std::string_view station_id) const;

  // The aggregator has these elections; see Outbox::Know.
  void Know(const std::vector<std::string>& election_ids);

  // Whether the aggregator can be reached. Initially false.
  void SetReachable(bool reachable);
  bool reachable() const;

  // Reports that were answered with QUEUED.
  std::uint64_t queued() const { return queued_; }

 private:
  using Station = std::pair<std::string, std::string>;  // election_id, station_id

  struct Arrival {
    std::vector<NewReport> reports{};
    Answer answer{};
  };

  // Submitter of reports that were sent together.
  class Delivery;

  static std::int64_t Signed(std::size_t count) { return static_cast<std::int64_t>(count); }

  // Body of the courier's thread.
  void Run();
  // Returns false if the courier is stopping and has nothing left to store.
  bool WaitForWork();
  void Settle();
  void Know();
  void Keep();
  void SendReady();

  // Whether the caller may add more.
  absl::Status Admit(std::uint64_t caller) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::deque<Arrival> TakeArrivals();
  void ForgetArrivals(const std::vector<QueuedReport>& reports);
  void CountHeld();
  void Pause();

  Outbox& outbox_;
  const OutboxLimits limits_;
  const Clock& clock_;
  const Send send_;
  std::atomic<std::int64_t> next_number_;
  // Reports that are queued or wait to be stored. While it is 0, Holds checks nothing else.
  std::atomic<std::size_t> held_;
  std::atomic<std::uint64_t> queued_ = 0;
  // What was logged last. Used only by the thread.
  bool was_empty_;
  bool was_saved_ = true;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = false;
  bool may_send_ ABSL_GUARDED_BY(mutex_) = true;  // reports may be ready that were not tried
  std::deque<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);
  // Counts of the reports that wait to be stored or are being stored.
  absl::flat_hash_map<Station, std::size_t> arriving_ ABSL_GUARDED_BY(mutex_);
  OutboxShares arriving_shares_ ABSL_GUARDED_BY(mutex_);
  std::vector<Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> elections_ ABSL_GUARDED_BY(mutex_);  // that the aggregator has
  std::vector<std::int64_t> returned_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_COURIER_H_
