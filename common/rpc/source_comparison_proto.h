#ifndef CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_
#define CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_

#include "canvass/v1/result.pb.h"
#include "common/election/tally.h"

namespace canvass::ledger {
class ElectionLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// Compares another source with the official one over `area_no`. A poll's shares are compared with
// the official shares of the whole area. A count of ballots is compared over the stations that both
// sources have counted, and both sides' shares come from these stations alone, so this walks all
// stations of the area. Differences are computed from the rounded shares that are shown, and are ""
// if either share is unknown. REQUIRES: the count is defined, and the numbers name parts of the
// definition.
v1::SourceComparison ComparisonOf(const ledger::ElectionLedger& ledger, int contest_no,
                                  int official_source_no, int other_source_no, int area_no);

// Whether two reports of one station differ in any number that both give.
bool AreDifferent(const election::Counts& a, const election::Counts& b);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_SOURCE_COMPARISON_PROTO_H_
