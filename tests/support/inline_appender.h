#ifndef CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
#define CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/ledger.h"

namespace canvass::testing {

// Appends in the thread of its caller, at the last moment.
class InlineAppender final : public aggregator::Appender {
 public:
  explicit InlineAppender(aggregator::Ledger& ledger) : ledger_(ledger) {}

  void Start(const aggregator::AppendGroup& group) override { group_ = &group; }
  absl::Status Finish() override {
    if (on_finish_) on_finish_();
    return ledger_.Append(*group_);
  }

  // Called whenever somebody waits for an end.
  void OnFinish(std::function<void()> call) { on_finish_ = std::move(call); }

 private:
  aggregator::Ledger& ledger_;
  const aggregator::AppendGroup* group_ = nullptr;
  std::function<void()> on_finish_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
