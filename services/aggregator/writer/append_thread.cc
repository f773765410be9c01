#include "services/aggregator/writer/append_thread.h"

#include <cassert>
#include <utility>

namespace canvass::aggregator {

AppendThread::AppendThread(LedgerStore& store) : store_(store), thread_([this] { Run(); }) {}

AppendThread::~AppendThread() {
  {
    const MutexLock lock(mutex_);
    assert(transaction_ == nullptr && !outcome_.has_value());
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void AppendThread::Start(const Transaction& transaction) {
  const MutexLock lock(mutex_);
  assert(transaction_ == nullptr && !outcome_.has_value());
  transaction_ = &transaction;
  changed_.NotifyAll();
}

absl::Status AppendThread::Finish() {
  const MutexLock lock(mutex_);
  while (!outcome_.has_value()) changed_.Wait(mutex_);
  return *std::exchange(outcome_, std::nullopt);
}

void AppendThread::Run() {
  while (const Transaction* const transaction = WaitForTransaction()) {
    absl::Status outcome = store_.Append(*transaction);
    const MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.NotifyAll();
  }
}

// Returns null when this is being destroyed.
const Transaction* AppendThread::WaitForTransaction() {
  const MutexLock lock(mutex_);
  while (transaction_ == nullptr && !stopping_) changed_.Wait(mutex_);
  return std::exchange(transaction_, nullptr);
}

}  // namespace canvass::aggregator
