#include "services/publisher/calls/election_calls.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "canvass/v1/election.pb.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/election/definition.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/page.h"
#include "services/publisher/board/published_election.h"
#include "services/publisher/calls/list_page.h"
#include "services/publisher/calls/question.h"

namespace canvass::publisher {
namespace {

bool IsNewer(const canvass::v1::Election& a, const canvass::v1::Election& b) {
  return std::tie(b.polling_date(), a.election_id()) < std::tie(a.polling_date(), b.election_id());
}

// Returns the numbers of the requested areas, parents first.
absl::StatusOr<std::vector<int>> AreasOf(const election::Definition& definition,
                                         const v1::ListAreasRequest& request) {
  std::vector<int> areas;
  if (request.parent_area_id().empty()) {
    areas = definition.AreasBelow(definition.RootArea());
  } else {
    const std::optional<int> parent = definition.FindArea(request.parent_area_id());
    if (!parent) {
      return UnknownError("area", reason::kAreaUnknown, "parent_area_id", request.parent_area_id());
    }
    areas = definition.ChildrenOfArea(*parent);
  }
  return AreasOfKind(definition, std::move(areas), request.kind());
}

// Returns the first area of the page. The position of a page is the number of that area plus one,
// because new areas may have been added before it.
absl::StatusOr<std::vector<int>::const_iterator> StartOf(const std::vector<int>& areas,
                                                         const election::Definition& definition,
                                                         const rpc::PageRequest& page) {
  if (page.is_first()) return areas.begin();
  const absl::StatusOr<std::int64_t> position =
      page.Start(1, {.lowest = 1, .highest = static_cast<std::int64_t>(definition.areas().size())});
  if (!position.ok()) return position.status();
  const auto area = std::find(areas.begin(), areas.end(), *position - 1);
  if (area == areas.end()) {
    return MakeError(reason::kPageExpired,
                     "The area at which this page starts is no longer in the list. Start again "
                     "without page_token.");
  }
  return area;
}

}  // namespace

absl::Status ListElections(const ResultBoard& board, const v1::ListElectionsRequest& request,
                           v1::ListElectionsResponse& response) {
  auto page = ListPage::Open(request.page_size(), request.page_token(), rpc::FilterHash({}));
  if (!page.ok()) return page.status();
  std::vector<canvass::v1::Election> elections;
  absl::Status read = board.ReadAll([&](const PublishedElection& election) {
    elections.push_back(rpc::ToProto(election.definition().election()));
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  std::sort(elections.begin(), elections.end(), IsNewer);
  // The position of a page is the number of elections before it.
  const absl::StatusOr<std::int64_t> start = page->request().Start(
      0, {.lowest = 1, .highest = static_cast<std::int64_t>(elections.size())});
  if (!start.ok()) return start.status();
  for (std::size_t i = Index(*start); i < elections.size(); ++i) {
    if (!page->Take(elections[i])) {
      response.set_next_page_token(page->request().TokenAt(static_cast<std::int64_t>(i)));
      break;
    }
    *response.add_elections() = std::move(elections[i]);
  }
  return absl::OkStatus();
}

absl::Status GetElection(const ResultBoard& board, const v1::GetElectionRequest& request,
                         v1::GetElectionResponse& response) {
  return board.Read(request.election_id(), 0, [&](const PublishedElection& election) {
    const election::Definition& definition = election.definition();
    *response.mutable_election() = rpc::ToProto(definition.election());
    for (const election::Contest& contest : definition.contests()) {
      *response.add_contests() = rpc::ToProto(contest);
    }
    for (int source = 0; source < static_cast<int>(definition.sources().size()); ++source) {
      if (election.IsUnderEmbargo(source)) continue;
      *response.add_sources() = rpc::ToProto(definition.sources()[Index(source)]);
    }
    *response.mutable_as_of() = election.AsOf();
    return absl::OkStatus();
  });
}

absl::Status ListAreas(const ResultBoard& board, const v1::ListAreasRequest& request,
                       v1::ListAreasResponse& response) {
  auto page = ListPage::Open(
      request.page_size(), request.page_token(),
      rpc::FilterHash({request.election_id(), request.parent_area_id(), request.kind()}));
  if (!page.ok()) return page.status();
  return board.Read(request.election_id(), 0, [&](const PublishedElection& election) {
    const election::Definition& definition = election.definition();
    const absl::StatusOr<std::vector<int>> areas = AreasOf(definition, request);
    if (!areas.ok()) return areas.status();
    *response.mutable_as_of() = election.AsOf();
    auto area = StartOf(*areas, definition, page->request());
    if (!area.ok()) return area.status();
    for (; *area != areas->end(); ++*area) {
      canvass::v1::Area item = rpc::ToProto(definition.areas()[Index(**area)]);
      if (!page->Take(item)) {
        response.set_next_page_token(page->request().TokenAt(std::int64_t{**area} + 1));
        break;
      }
      *response.add_areas() = std::move(item);
    }
    return absl::OkStatus();
  });
}

}  // namespace canvass::publisher
