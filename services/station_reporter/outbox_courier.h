#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_COURIER_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_COURIER_H_

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
#include "services/station_reporter/outbox.h"
#include "services/station_reporter/outbox_store.h"
#include "services/station_reporter/submitted_queue.h"

namespace canvass::station_reporter {

// The thread of an outbox: whatever waits to be kept goes to the disk in one transaction, and what
// is kept goes to the aggregator while it can be reached. Thread-safe; nothing but its thread waits
// for the disk.
class OutboxCourier {
 public:
  // Sends reports on their way, as AggregatorLink::Submit does.
  using Send = std::function<absl::Status(std::vector<SubmittedQueue::SizedReport>,
                                          std::shared_ptr<SubmittedQueue::Submitter>)>;
  // Gets the answers of Outbox::Queue, from the courier's thread or, where there is no room, from
  // the caller's.
  using Answer = std::function<void(std::vector<absl::StatusOr<v1::Receipt>>)>;

  // `outbox` and `clock` outlive it. `limits` are the outbox's, and bound also what waits for the
  // disk.
  OutboxCourier(Outbox& outbox, const OutboxLimits& limits, const Clock& clock, Send send);
  // Stops, if Stop was not called.
  ~OutboxCourier();
  OutboxCourier(const OutboxCourier&) = delete;
  OutboxCourier& operator=(const OutboxCourier&) = delete;

  void Start();
  // Keeps what waits to be kept and takes no more. Idempotent. REQUIRES: nothing that was sent will
  // be answered any more.
  void Stop();

  // `count` numbers for reports in the order in which they come in; the first of them.
  std::int64_t TakeNumbers(std::size_t count) { return next_number_.fetch_add(Signed(count)); }

  // Keeps reports; see Outbox::Queue. From now on their stations are held.
  void Add(std::vector<NewReport> reports, Answer answer);

  // Whether newer reports of the station must be kept too, so that they stay behind.
  bool Holds(std::string_view election_id, std::string_view station_id) const;

  // Whether the aggregator can be reached. It cannot at first.
  void SetReachable(bool reachable);
  bool reachable() const;

 private:
  using Station = std::pair<std::string, std::string>;  // election_id, station_id

  struct Arrival {
    std::vector<NewReport> reports{};
    Answer answer{};
  };

  // Reports that were sent together.
  class Delivery;

  static std::int64_t Signed(std::size_t count) { return static_cast<std::int64_t>(count); }

  // What the courier's thread does.
  void Run();
  // False when it is to stop and has nothing left to keep.
  bool WaitForWork();
  void Settle();
  void Keep();
  void SendReady();

  std::deque<Arrival> TakeArrivals();
  void ForgetArrivals(const std::vector<Station>& stations, std::size_t bytes);
  void Pause();

  Outbox& outbox_;
  const OutboxLimits limits_;
  const Clock& clock_;
  const Send send_;
  std::atomic<std::int64_t> next_number_;
  // Reports that are kept or wait to be: while there is none, Holds asks nothing else.
  std::atomic<std::size_t> held_;
  // Of the thread alone: what the log was told.
  bool was_empty_;
  bool was_saved_ = true;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = false;
  bool may_send_ ABSL_GUARDED_BY(mutex_) = true;  // something may be ready that was not tried
  std::deque<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);
  // Of arrivals that wait or are being kept.
  absl::flat_hash_map<Station, std::size_t> arriving_ ABSL_GUARDED_BY(mutex_);
  std::size_t arriving_reports_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t arriving_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::int64_t> returned_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_COURIER_H_
