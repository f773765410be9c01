#ifndef CANVASS_SERVICES_AGGREGATOR_REPLAY_THREAD_H_
#define CANVASS_SERVICES_AGGREGATOR_REPLAY_THREAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/ledger.h"

namespace canvass::aggregator {

// Lets entries be visited while the ones behind them are read: in their order, never two at a time,
// and batch by batch in a thread of its own; few entries need none. For one caller.
class ReplayThread {
 public:
  using Visit = std::function<absl::Status(const StoredEntry&)>;

  // A batch is as large as this, and at most three of them are held.
  static constexpr std::size_t kBatchBytes = std::size_t{256} << 10U;

  // What is visited is of this election. Neither is copied.
  ReplayThread(std::string_view election_id, const Visit& visit);
  // REQUIRES: Finish was called.
  ~ReplayThread() = default;
  ReplayThread(const ReplayThread&) = delete;
  ReplayThread& operator=(const ReplayThread&) = delete;

  // Copies the entry. Waits while the visitor is two batches behind.
  void Add(const StoredEntry& entry);
  // Returns once all were visited: the first error, behind which none was.
  absl::Status Finish();

 private:
  struct Row {
    std::int64_t sequence = 0;
    std::size_t bytes_end = 0;  // of its part of the batch's bytes
    ledger::Hash leaf_hash{};
  };
  struct Batch {
    std::string bytes{};  // of all its entries, one behind the other
    std::vector<Row> rows{};
  };

  void HandOver();
  std::optional<Batch> WaitForBatch();
  void VisitBatch(const Batch& batch);

  const std::string_view election_id_;
  const Visit& visit_;
  Batch filling_;
  absl::Status status_;  // the thread's while it runs
  Mutex mutex_;
  CondVar changed_;
  std::optional<Batch> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // from the first whole batch on
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_REPLAY_THREAD_H_
