#include "services/canvass/fetch_names.h"

#include "services/canvass/aggregator_client.h"
#include "services/canvass/publisher_client.h"

namespace canvass {
namespace {

template <typename Response>
absl::StatusOr<ElectionNames> NamesIn(const absl::StatusOr<Response>& response,
                                      const std::string& language) {
  if (!response.ok()) return response.status();
  return ElectionNames(response->election(), response->contests(), response->sources(), language);
}

}  // namespace

absl::StatusOr<ElectionNames> FetchNames(const PublisherClient& publisher,
                                         const std::string& election_id,
                                         const std::string& language) {
  publisher::v1::GetElectionRequest request;
  request.set_election_id(election_id);
  return NamesIn(publisher.GetElection(request), language);
}

absl::StatusOr<ElectionNames> FetchNames(const AggregatorClient& aggregator,
                                         const std::string& election_id,
                                         const std::string& language) {
  aggregator::v1::GetElectionRequest request;
  request.set_election_id(election_id);
  return NamesIn(aggregator.GetElection(request), language);
}

}  // namespace canvass
