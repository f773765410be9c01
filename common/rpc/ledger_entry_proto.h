#ifndef CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
#define CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_

#include <cstdint>

#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/report.pb.h"

namespace canvass::ledger {
class ElectionLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// Returns the entry at `sequence`. REQUIRES: 1 <= sequence <= ledger.sequence().
v1::LedgerEntry LedgerEntryAt(const ledger::ElectionLedger& ledger, std::int64_t sequence);

// Returns the receipt of a recorded revision. Its state, RECORDED or HELD, is the state at the time
// of recording. REQUIRES: the entry at `sequence` is a ReportRecorded or opens one.
v1::Receipt ReceiptAt(const ledger::ElectionLedger& ledger, std::int64_t sequence,
                      bool repeated_submission);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LEDGER_ENTRY_PROTO_H_
