#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_FETCH_NAMES_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_FETCH_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/canvass/views/election_names.h"

namespace canvass::cli {

class AggregatorClient;
class PublisherClient;

// Fetches the names of an election from the service that the command calls anyway.
absl::StatusOr<ElectionNames> FetchNames(const PublisherClient& publisher,
                                         const std::string& election_id,
                                         const std::string& language);
absl::StatusOr<ElectionNames> FetchNames(const AggregatorClient& aggregator,
                                         const std::string& election_id,
                                         const std::string& language);

// Same, with the name of one area. An empty or unknown id, or the id of a station, adds nothing.
absl::StatusOr<ElectionNames> FetchNamesWithArea(const PublisherClient& publisher,
                                                 const std::string& election_id,
                                                 const std::string& area_id,
                                                 const std::string& language);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_FETCH_NAMES_H_
