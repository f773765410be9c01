#include "services/canvass/clients/fetch_names.h"

#include <algorithm>

#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"

namespace canvass::cli {
namespace {

template <typename Response>
absl::StatusOr<ElectionNames> NamesIn(const absl::StatusOr<Response>& response,
                                      const std::string& language) {
  if (!response.ok()) return response.status();
  return ElectionNames(response->election(), response->contests(), response->sources(), language);
}

absl::Status AddAreaName(const PublisherClient& publisher, const std::string& election_id,
                         const std::string& area_id, ElectionNames& names) {
  publisher::v1::ListAreasRequest request;
  request.set_election_id(election_id);
  return ForEachPage(
      request, [&](const auto& page) { return publisher.ListAreas(page); },
      [&](const publisher::v1::ListAreasResponse& page) {
        const auto area =
            std::find_if(page.areas().begin(), page.areas().end(),
                         [&area_id](const v1::Area& one) { return one.area_id() == area_id; });
        if (area != page.areas().end()) names.AddArea(*area);
        return area == page.areas().end();
      });
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

absl::StatusOr<ElectionNames> FetchNamesWithArea(const PublisherClient& publisher,
                                                 const std::string& election_id,
                                                 const std::string& area_id,
                                                 const std::string& language) {
  absl::StatusOr<ElectionNames> names = FetchNames(publisher, election_id, language);
  if (!names.ok() || area_id.empty()) return names;
  const absl::Status named = AddAreaName(publisher, election_id, area_id, *names);
  if (!named.ok()) return named;
  return names;
}

}  // namespace canvass::cli
