#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_DEFINITION_MESSAGES_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_DEFINITION_MESSAGES_H_

#include <vector>

#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/v1/ledger.pb.h"

namespace canvass::cli {

// Largest number of parts in one message of DefineElection.
inline constexpr int kPartsPerMessage = 4000;

// Splits a definition of any size into the messages of one DefineElection stream. REQUIRES:
// `definition` has its election_id.
std::vector<aggregator::v1::DefineElectionRequest> DefinitionMessages(
    const v1::DefinitionChange& definition, bool validate_only);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_DEFINITION_MESSAGES_H_
