#ifndef CANVASS_SERVICES_CANVASS_FETCH_NAMES_H_
#define CANVASS_SERVICES_CANVASS_FETCH_NAMES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/canvass/election_names.h"

namespace canvass {

class AggregatorClient;
class PublisherClient;

// The names of an election, asked from the service that the command talks to anyway.
absl::StatusOr<ElectionNames> FetchNames(const PublisherClient& publisher,
                                         const std::string& election_id,
                                         const std::string& language);
absl::StatusOr<ElectionNames> FetchNames(const AggregatorClient& aggregator,
                                         const std::string& election_id,
                                         const std::string& language);

// Adds the name of one area to `names`; a station or an unknown id adds nothing.
absl::Status FetchAreaName(const PublisherClient& publisher, const std::string& election_id,
                           const std::string& area_id, ElectionNames& names);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_FETCH_NAMES_H_
