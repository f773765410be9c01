#ifndef CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_
#define CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_

#include "canvass/v1/result.pb.h"
#include "common/election/event.h"
#include "common/election/standing.h"

namespace canvass::ledger {
class FoldedLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// A station with the report that counts, else its newest; neither where it is missing, or is
// counted at another station. REQUIRES: the count is defined, and `key` names parts of the
// definition.
v1::StationStanding StandingOf(const ledger::FoldedLedger& ledger, const election::StationKey& key);

v1::StationState ToProto(election::StationState state);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_
