#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_APPEND_THREAD_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_APPEND_THREAD_H_

#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/appender.h"

namespace canvass::aggregator {

// Appends on a thread of its own. Only one thread at a time may call it, as with every appender.
class AppendThread final : public Appender {
 public:
  // `store` must outlive this.
  explicit AppendThread(LedgerStore& store);
  // REQUIRES: every append that was started is finished.
  ~AppendThread() override;

  void Start(const Transaction& transaction) override;
  absl::Status Finish() override;

 private:
  void Run();
  const Transaction* WaitForTransaction();

  LedgerStore& store_;
  Mutex mutex_;
  CondVar changed_;
  const Transaction* transaction_ ABSL_GUARDED_BY(mutex_) = nullptr;  // waits to be appended
  std::optional<absl::Status> outcome_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_APPEND_THREAD_H_
