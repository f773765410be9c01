#ifndef CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
#define CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_

#include "absl/status/status.h"
#include "services/aggregator/appender.h"
#include "services/aggregator/ledger.h"

namespace canvass::testing {

// Appends in the thread of its caller, at the last moment.
class InlineAppender final : public aggregator::Appender {
 public:
  explicit InlineAppender(aggregator::Ledger& ledger) : ledger_(ledger) {}

  void Start(const aggregator::AppendGroup& group) override { group_ = &group; }
  absl::Status Finish() override { return ledger_.Append(*group_); }

 private:
  aggregator::Ledger& ledger_;
  const aggregator::AppendGroup* group_ = nullptr;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_INLINE_APPENDER_H_
