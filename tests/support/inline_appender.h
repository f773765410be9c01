#ifndef CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
#define CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/appender.h"

namespace canvass::testing {

// Appends in the thread of its caller, at the last moment.
class InlineAppender final : public aggregator::Appender {
 public:
  explicit InlineAppender(aggregator::LedgerStore& ledger) : ledger_(ledger) {}

  void Start(const aggregator::Transaction& transaction) override { transaction_ = &transaction; }
  absl::Status Finish() override {
    if (on_finish_) on_finish_();
    return ledger_.Append(*transaction_);
  }

  // `call` is called by every Finish.
  void OnFinish(std::function<void()> call) { on_finish_ = std::move(call); }

 private:
  aggregator::LedgerStore& ledger_;
  const aggregator::Transaction* transaction_ = nullptr;
  std::function<void()> on_finish_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
