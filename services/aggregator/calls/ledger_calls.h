#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_LEDGER_CALLS_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_LEDGER_CALLS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "services/aggregator/writer/committed_ledgers.h"

// Answers of AggregatorService that read the committed ledgers. The proto says what each call
// returns.
namespace canvass::aggregator {

// `now` decides what is under embargo.
absl::Status GetReceipt(const CommittedLedgers::Contents& committed,
                        const v1::GetReceiptRequest& request, absl::Time now,
                        v1::GetReceiptResponse& response);
absl::Status ListLedgerEntries(const CommittedLedgers::Contents& committed,
                               const v1::ListLedgerEntriesRequest& request,
                               v1::ListLedgerEntriesResponse& response);
// The same for `now`.
absl::Status ListRefusedReports(const CommittedLedgers::Contents& committed,
                                const v1::ListRefusedReportsRequest& request, absl::Time now,
                                v1::ListRefusedReportsResponse& response);
absl::Status ListHeldReports(const CommittedLedgers::Contents& committed,
                             const v1::ListHeldReportsRequest& request,
                             v1::ListHeldReportsResponse& response);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_LEDGER_CALLS_H_
