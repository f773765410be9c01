#ifndef CANVASS_COMMON_ELECTION_ENTITLEMENT_CHECK_H_
#define CANVASS_COMMON_ELECTION_ENTITLEMENT_CHECK_H_

#include <string>
#include <string_view>

#include "common/election/definition.h"
#include "common/election/report_check.h"

namespace canvass::election {

// Who may submit which report:
//
//   local              every one: somebody on the machine of a service that has no certificate
//   station/<station>  official ones of this station
//   office/<area>      official ones of the stations in this area
//   poll/<source>      those of this exit poll
//   observer/<source>  those of this parallel count
//
// Nobody else may submit any: who decides about reports does not make them.

// Returns whether `actor`, as an entry names it, may submit the report; if not, adds the finding
// ACTOR_NOT_ENTITLED. What was counted of the station is then none of the actor's business, so
// CheckAgainstCount must not be called. REQUIRES: checked.identified.
bool CheckEntitlement(const Definition& definition, std::string_view actor, CheckedReport& checked);

// Whether `actor` may ask for the receipt of a report: a station for its own, a poll or observer
// for those of its source, all others for every one. The areas of offices are not looked at.
bool MayAskFor(std::string_view actor, std::string_view station_id, std::string_view source_id);

// Whether `actor` may publish figures of the source: an operator of any, a poll or observer of its
// own. Whether there is such a source is not checked.
bool MaySpeakFor(std::string_view actor, const std::string& source_id);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_ENTITLEMENT_CHECK_H_
