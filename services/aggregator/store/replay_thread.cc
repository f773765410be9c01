#include "services/aggregator/store/replay_thread.h"

#include <utility>

namespace canvass::aggregator {

ReplayThread::ReplayThread(std::string_view election_id, const Visit& visit)
    : election_id_(election_id), visit_(visit) {}

void ReplayThread::Add(const StoredEntry& entry) {
  filling_.bytes += entry.bytes;
  filling_.rows.push_back({.sequence = entry.sequence,
                           .bytes_end = filling_.bytes.size(),
                           .leaf_hash = entry.leaf_hash});
  if (filling_.bytes.size() >= kBatchBytes) HandOver();
}

absl::Status ReplayThread::Finish() {
  if (thread_.joinable()) {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      changed_.NotifyAll();
    }
    thread_.join();
  }
  VisitBatch(std::exchange(filling_, {}));
  return status_;
}

void ReplayThread::HandOver() {
  if (!thread_.joinable()) {
    thread_ = std::thread([this] {
      while (const std::optional<Batch> batch = WaitForBatch()) VisitBatch(*batch);
    });
  }
  const MutexLock lock(mutex_);
  while (waiting_.has_value()) changed_.Wait(mutex_);
  waiting_ = std::exchange(filling_, {});
  changed_.NotifyAll();
}

// Returns nullopt after the last batch.
std::optional<ReplayThread::Batch> ReplayThread::WaitForBatch() {
  const MutexLock lock(mutex_);
  while (!waiting_.has_value() && !ended_) changed_.Wait(mutex_);
  changed_.NotifyAll();
  return std::exchange(waiting_, std::nullopt);
}

void ReplayThread::VisitBatch(const Batch& batch) {
  std::size_t begin = 0;
  for (const Row& row : batch.rows) {
    if (!status_.ok()) return;
    status_ = visit_({.election_id = election_id_,
                      .sequence = row.sequence,
                      .bytes = std::string_view(batch.bytes).substr(begin, row.bytes_end - begin),
                      .leaf_hash = row.leaf_hash});
    begin = row.bytes_end;
  }
}

}  // namespace canvass::aggregator
