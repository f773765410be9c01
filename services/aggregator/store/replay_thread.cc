#include "services/aggregator/store/replay_thread.h"

#include <utility>

namespace canvass::aggregator {

ReplayThread::ReplayThread(std::string_view election_id, const Visit& visit)
    : election_id_(election_id), visit_(visit) {}

void ReplayThread::Add(const StoredEntry& entry, std::string_view row) {
  const auto entry_place = static_cast<std::size_t>(entry.bytes.data() - row.data());
  assert(entry_place + entry.bytes.size() <= row.size());
  filling_.rows.push_back({.sequence = entry.sequence,
                           .end = filling_.bytes.size() + row.size(),
                           .entry_begin = filling_.bytes.size() + entry_place,
                           .entry_bytes = entry.bytes.size(),
                           .leaf_hash = entry.leaf_hash});
  filling_.bytes += row;
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
  const std::string_view bytes = batch.bytes;
  std::size_t begin = 0;
  for (const Row& row : batch.rows) {
    if (!status_.ok()) return;
    status_ = visit_({.election_id = election_id_,
                      .sequence = row.sequence,
                      .bytes = bytes.substr(row.entry_begin, row.entry_bytes),
                      .leaf_hash = row.leaf_hash},
                     bytes.substr(begin, row.end - begin));
    begin = row.end;
  }
}

}  // namespace canvass::aggregator
