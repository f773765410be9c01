#ifndef CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
#define CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_

#include <cstdint>

#include "absl/time/time.h"
#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/report.pb.h"

namespace canvass::ledger {
class FoldedLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// The entry at `sequence`, with more than its sequence and hash only if it is neither hidden nor
// under embargo at `now` (InfiniteFuture: no embargo counts). REQUIRES: 1 <= sequence <=
// ledger.sequence().
v1::LedgerEntry LedgerEntryAt(const ledger::FoldedLedger& ledger, std::int64_t sequence,
                              absl::Time now);

// Receipt of a recorded revision. REQUIRES: the entry at `sequence` is a ReportRecorded and not
// hidden. States RECORDED or HELD are those of the moment of recording.
v1::Receipt ReceiptAt(const ledger::FoldedLedger& ledger, std::int64_t sequence,
                      bool repeated_submission);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
