#ifndef CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_
#define CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_

#include "canvass/v1/result.pb.h"
#include "common/election/tally.h"

namespace canvass::ledger {
class FoldedLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// The other source beside the official one, over `area_no`. A poll's shares stand beside the
// official shares of the whole area; a count of ballots is compared over the stations that both
// have counted, and the shares of both come from these alone. Differences are those of the shares
// as they are shown,
// "" where either is unknown. Walks the stations of the area for a count of ballots. REQUIRES: the
// count is defined, and the numbers name parts of the definition.
v1::SourceComparison ComparisonOf(const ledger::FoldedLedger& ledger, int contest_no,
                                  int official_source_no, int other_source_no, int area_no);

// Whether two reports of one station differ in a number that both give.
bool AreDifferent(const election::Counts& a, const election::Counts& b);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_
