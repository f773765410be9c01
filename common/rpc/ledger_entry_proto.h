#ifndef CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
#define CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_

#include <cstdint>

#include "absl/time/time.h"
#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/report.pb.h"

namespace canvass::ledger {
class ElectionLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// Returns the entry at `sequence`. An entry that is hidden or under embargo at `now` has only its
// sequence and hash. InfiniteFuture disregards every embargo. REQUIRES: 1 <= sequence <=
// ledger.sequence().
v1::LedgerEntry LedgerEntryAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                              absl::Time now);

// Returns the receipt of a recorded revision. Its state, RECORDED or HELD, is the state at the time
// of recording. REQUIRES: the entry at `sequence` is a ReportRecorded and not hidden.
v1::Receipt ReceiptAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                      bool repeated_submission);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
