#ifndef CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_
#define CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_

#include "canvass/v1/result.pb.h"
#include "common/election/event.h"
#include "common/election/standing.h"

namespace canvass::ledger {
class ElectionLedger;
}  // namespace canvass::ledger

namespace canvass::rpc {

// Returns a station with its counting report, or its newest report if none counts. The report is
// absent if the station is missing, closed, or counted at another station. REQUIRES: the count is
// defined, and `key` names parts of the definition.
v1::StationStanding StandingOf(const ledger::ElectionLedger& ledger,
                               const election::StationKey& key);

v1::StationState ToProto(election::StationState state);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_STATION_STANDING_PROTO_H_
