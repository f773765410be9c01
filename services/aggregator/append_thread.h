#ifndef CANVASS_SERVICES_AGGREGATOR_APPEND_THREAD_H_
#define CANVASS_SERVICES_AGGREGATOR_APPEND_THREAD_H_

#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/ledger.h"

namespace canvass::aggregator {

// An appender with a thread of its own. One caller at a time, like every appender.
class AppendThread final : public Appender {
 public:
  // Does not own the ledger.
  explicit AppendThread(Ledger& ledger);
  // REQUIRES: what was begun is finished.
  ~AppendThread() override;

  void Start(const AppendGroup& group) override;
  absl::Status Finish() override;

 private:
  void Run();
  const AppendGroup* WaitForGroup();

  Ledger& ledger_;
  Mutex mutex_;
  CondVar changed_;
  const AppendGroup* group_ ABSL_GUARDED_BY(mutex_) = nullptr;  // waits to be appended
  std::optional<absl::Status> outcome_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_APPEND_THREAD_H_
