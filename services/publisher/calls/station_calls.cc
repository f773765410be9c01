#include "services/publisher/calls/station_calls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "canvass/v1/result.pb.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/tally.h"
#include "common/rpc/page.h"
#include "common/rpc/result_proto.h"
#include "services/publisher/board/published_election.h"
#include "services/publisher/calls/list_page.h"
#include "services/publisher/calls/question.h"

namespace canvass::publisher {
namespace {

// Selects the stations of a list.
struct StationFilter {
  ContestAndSource asked{};
  int area_no = 0;
  std::string_view tag{};
  std::optional<election::StationState> state{};
  std::optional<int> differs_from_source_no{};
};

// Returns the source with which the requested one is compared.
absl::StatusOr<int> FindComparedSource(const PublishedElection& election,
                                       const ContestAndSource& asked, std::string_view source_id) {
  absl::StatusOr<int> other = FindVisibleSource(election, source_id);
  if (!other.ok()) return other;
  const std::vector<election::Source>& sources = election.definition().sources();
  for (const int source : {asked.source_no, *other}) {
    if (sources[Index(source)].kind != election::SourceKind::kExitPoll) continue;
    return FieldError(reason::kSourceKindMismatch, "differs_from_source_id",
                      StrCat("source \"", sources[Index(source)].id,
                             "\" is an exit poll and counts no ballots, so stations cannot be "
                             "compared"));
  }
  return other;
}

absl::StatusOr<StationFilter> FilterOf(const PublishedElection& election,
                                       const v1::ListStationReportsRequest& request) {
  StationFilter filter{.tag = request.tag()};
  const auto asked = FindContestAndSource(election, request.contest_id(), request.source_id());
  if (!asked.ok()) return asked.status();
  filter.asked = *asked;
  const auto area = FindAreaOfContest(election, asked->contest_no, request.area_id());
  if (!area.ok()) return area.status();
  filter.area_no = *area;
  const absl::Status tagged = CheckTag(election.definition(), request.tag());
  if (!tagged.ok()) return tagged;
  if (request.state() != canvass::v1::STATION_STATE_UNSPECIFIED) {
    if (!canvass::v1::StationState_IsValid(request.state())) {
      return FieldError(reason::kStateUnknown, "state",
                        StrCat(request.state(), " is not a station state"));
    }
    filter.state = static_cast<election::StationState>(request.state());
  }
  if (!request.differs_from_source_id().empty()) {
    const auto other = FindComparedSource(election, *asked, request.differs_from_source_id());
    if (!other.ok()) return other.status();
    filter.differs_from_source_no = *other;
  }
  return filter;
}

bool Differ(const election::Count& count, const election::StationKey& key, int other_source_no) {
  const auto ours = count.CountingCounts(key);
  const auto theirs = count.CountingCounts({key.contest_no, other_source_no, key.station_no});
  return ours && theirs && rpc::AreDifferent(*ours, *theirs);
}

// Whether the source is expected to report the station, or did so before it left the sample.
bool IsReportedBy(const PublishedElection& election, const election::StationKey& key,
                  const election::StationStanding& standing) {
  const std::string& sample_tag = election.definition().sources()[Index(key.source_no)].sample_tag;
  return standing.newest_revision > 0 ||
         election.definition().IsInSample(key.station_no, sample_tag);
}

// Checks the cheap conditions first.
bool Passes(const PublishedElection& election, const StationFilter& filter, int station_no) {
  const election::Definition& definition = election.definition();
  if (!definition.IsWithin(definition.AreaOfStation(station_no), filter.area_no)) return false;
  if (!filter.tag.empty() && !definition.HasTag(station_no, filter.tag)) return false;
  const election::StationKey key{filter.asked.contest_no, filter.asked.source_no, station_no};
  const election::StationStanding standing = election.count().StandingOf(key);
  if (filter.state && standing.state != *filter.state) return false;
  if (!IsReportedBy(election, key, standing)) return false;
  return !filter.differs_from_source_no ||
         Differ(election.count(), key, *filter.differs_from_source_no);
}

// Returns the index in stations_by_id() at which a page starts. The position of a page is the
// number of its first station plus one, because new stations may have been added before that
// station.
absl::StatusOr<std::size_t> StartOf(const PublishedElection& election,
                                    const rpc::PageRequest& page) {
  const std::vector<int>& order = election.ledger_with_history().stations_by_id();
  const std::vector<election::Station>& stations = election.definition().stations();
  if (page.is_first()) return 0;
  const absl::StatusOr<std::int64_t> position =
      page.Start(1, {.lowest = 1, .highest = static_cast<std::int64_t>(stations.size())});
  if (!position.ok()) return position.status();
  const auto start = std::lower_bound(
      order.begin(), order.end(), stations[Index(*position - 1)].id,
      [&](int number, const std::string& id) { return stations[Index(number)].id < id; });
  return static_cast<std::size_t>(start - order.begin());
}

absl::Status FillPage(const PublishedElection& election, const StationFilter& filter,
                      ListPage& page, v1::ListStationReportsResponse& response) {
  const std::vector<int>& order = election.ledger_with_history().stations_by_id();
  const absl::StatusOr<std::size_t> start = StartOf(election, page.request());
  if (!start.ok()) return start.status();
  const std::size_t end = std::min(order.size(), *start + Index(kStationsScannedMax));
  for (std::size_t i = *start; i < end; ++i) {
    if (!Passes(election, filter, order[i])) continue;
    canvass::v1::StationStanding standing = rpc::StandingOf(
        election.ledger(), {filter.asked.contest_no, filter.asked.source_no, order[i]});
    if (!page.Take(standing)) {
      response.set_next_page_token(page.request().TokenAt(std::int64_t{order[i]} + 1));
      return absl::OkStatus();
    }
    *response.add_standings() = std::move(standing);
  }
  if (end < order.size()) {
    response.set_next_page_token(page.request().TokenAt(std::int64_t{order[end]} + 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status GetStationReport(const ResultBoard& board, const v1::GetStationReportRequest& request,
                              v1::GetStationReportResponse& response) {
  return board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        const auto asked =
            FindContestAndSource(election, request.contest_id(), request.source_id());
        if (!asked.ok()) return asked.status();
        const auto station =
            FindStationOfContest(election, asked->contest_no, request.station_id());
        if (!station.ok()) return station.status();
        *response.mutable_standing() =
            rpc::StandingOf(election.ledger(), {asked->contest_no, asked->source_no, *station});
        *response.mutable_as_of() = election.AsOf();
        return absl::OkStatus();
      });
}

absl::Status ListStationReports(const ResultBoard& board,
                                const v1::ListStationReportsRequest& request,
                                v1::ListStationReportsResponse& response) {
  auto page =
      ListPage::Open(request.page_size(), request.page_token(),
                     rpc::FilterHash({request.election_id(), request.contest_id(),
                                      request.source_id(), request.area_id(), request.tag(),
                                      StrCat(request.state()), request.differs_from_source_id()}));
  if (!page.ok()) return page.status();
  return board.Read(request.election_id(), request.min_sequence(),
                    [&](const PublishedElection& election) {
                      const absl::StatusOr<StationFilter> filter = FilterOf(election, request);
                      if (!filter.ok()) return filter.status();
                      *response.mutable_as_of() = election.AsOf();
                      return FillPage(election, *filter, *page, response);
                    });
}

}  // namespace canvass::publisher
