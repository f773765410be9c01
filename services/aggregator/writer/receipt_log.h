#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_LOG_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_LOG_H_

#include "absl/time/time.h"
#include "common/telemetry/limited_log.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"

namespace canvass::aggregator {

// Logs receipts as they are handed out: refusals with their rules at level info, few of them if
// there are many, and what was recorded of a traced call at level debug. What a source under
// embargo says is not logged. Not thread-safe.
class ReceiptLog {
 public:
  // `committed` must outlive this.
  explicit ReceiptLog(const CommittedLedgers& committed) : committed_(committed) {}

  void Add(const Receipt& receipt, const SubmittedReport& submitted, absl::Time now);

 private:
  void AddRefusal(const Receipt& receipt, const SubmittedReport& submitted, absl::Time now);
  bool IsUnderEmbargo(const election::ReportKey& key, absl::Time now) const;

  const CommittedLedgers& committed_;
  telemetry::LimitedLog refusals_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_LOG_H_
