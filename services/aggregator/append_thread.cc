#include "services/aggregator/append_thread.h"

#include <utility>

namespace canvass::aggregator {

AppendThread::AppendThread(Ledger& ledger) : ledger_(ledger), thread_([this] { Run(); }) {}

AppendThread::~AppendThread() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void AppendThread::Start(const AppendGroup& group) {
  const MutexLock lock(mutex_);
  group_ = &group;
  changed_.NotifyAll();
}

absl::Status AppendThread::Finish() {
  const MutexLock lock(mutex_);
  while (!outcome_.has_value()) changed_.Wait(mutex_);
  return *std::exchange(outcome_, std::nullopt);
}

void AppendThread::Run() {
  while (const AppendGroup* const group = WaitForGroup()) {
    absl::Status outcome = ledger_.Append(*group);
    const MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.NotifyAll();
  }
}

// Null when there will be none any more.
const AppendGroup* AppendThread::WaitForGroup() {
  const MutexLock lock(mutex_);
  while (group_ == nullptr && !stopping_) changed_.Wait(mutex_);
  return std::exchange(group_, nullptr);
}

}  // namespace canvass::aggregator
