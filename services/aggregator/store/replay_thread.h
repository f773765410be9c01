#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_REPLAY_THREAD_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_REPLAY_THREAD_H_

#include <cassert>
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
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// Visits entries of one election while the caller reads the next ones. Entries are visited in
// order, one at a time. Full batches are visited on a separate thread, which is started when the
// first batch is full. Add and Finish must be called by one thread.
class ReplayThread {
 public:
  using Visit = std::function<absl::Status(const StoredEntry&)>;

  // Size of the entries in a full batch. At most three batches are held.
  static constexpr std::size_t kBatchBytes = std::size_t{256} << 10U;

  // All entries belong to election `election_id`. Both arguments must outlive this.
  ReplayThread(std::string_view election_id, const Visit& visit);
  // REQUIRES: Finish was called.
  ~ReplayThread() { assert(!thread_.joinable()); }
  ReplayThread(const ReplayThread&) = delete;
  ReplayThread& operator=(const ReplayThread&) = delete;

  // Copies the entry. Blocks while the visitor is two batches behind.
  void Add(const StoredEntry& entry);
  // Blocks until all entries have been visited. Returns the first error of `visit`; entries after
  // it are not visited.
  absl::Status Finish();

 private:
  struct Row {
    std::int64_t sequence = 0;
    std::size_t bytes_end = 0;  // end of the entry in the batch's bytes
    ledger::Hash leaf_hash{};
  };
  struct Batch {
    std::string bytes{};  // of all entries, concatenated
    std::vector<Row> rows{};
  };

  void HandOver();
  std::optional<Batch> WaitForBatch();
  void VisitBatch(const Batch& batch);

  const std::string_view election_id_;
  const Visit& visit_;
  Batch filling_;
  absl::Status status_;  // used only by thread_ while it runs
  Mutex mutex_;
  CondVar changed_;
  std::optional<Batch> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // started by the first full batch
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_REPLAY_THREAD_H_
