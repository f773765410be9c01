#ifndef CANVASS_SERVICES_CANVASS_DEFINITION_MESSAGES_H_
#define CANVASS_SERVICES_CANVASS_DEFINITION_MESSAGES_H_

#include <vector>

#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/v1/ledger.pb.h"

namespace canvass {

// Parts that one message of DefineElection may carry.
inline constexpr int kPartsPerMessage = 4000;

// A definition of any size as the messages of one DefineElection stream. REQUIRES: `definition`
// names its election.
std::vector<aggregator::v1::DefineElectionRequest> SplitDefinition(
    const v1::DefinitionChange& definition, bool validate_only);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_DEFINITION_MESSAGES_H_
