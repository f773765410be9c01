#include "services/publisher/calls/result_calls.h"

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/share.h"
#include "common/election/standing.h"
#include "common/rpc/page.h"
#include "common/rpc/result_proto.h"
#include "services/publisher/board/published_election.h"
#include "services/publisher/board/result_history.h"
#include "services/publisher/calls/list_page.h"
#include "services/publisher/calls/question.h"

namespace canvass::publisher {
namespace {

canvass::v1::ResultStatus ToProto(election::ResultStatus status) {
  return static_cast<canvass::v1::ResultStatus>(status);
}

absl::Status NotCertifiedError(const PublishedElection& election, const ContestAndSource& asked) {
  const election::Contest& contest = election.definition().contests()[Index(asked.contest_no)];
  const election::Progress progress = election.count().ProgressOfArea(
      asked.contest_no, asked.source_no, election.definition().AreaOfContest(asked.contest_no));
  const std::string percent =
      election::ProgressPercent(progress.counted + progress.annulled, progress.expected);
  return MakeError(
      reason::kResultNotCertified,
      StrCat("The result of contest \"", contest.id, "\" is not certified: ", progress.counted,
             " of ", progress.expected, " stations are counted, ", progress.annulled, " annulled, ",
             progress.held, " held, ", progress.missing(), " missing."),
      {.metadata = {{"stations_expected", StrCat(progress.expected)},
                    {"stations_counted", StrCat(progress.counted)},
                    {"stations_annulled", StrCat(progress.annulled)},
                    {"stations_held", StrCat(progress.held)},
                    {"stations_missing", StrCat(progress.missing())},
                    {"percent", percent}}});
}

std::uint64_t FilterOf(const v1::ListAreaResultsRequest& request) {
  return rpc::FilterHash({request.election_id(), request.contest_id(), request.source_id(),
                          request.parent_area_id(), request.kind()});
}

// Returns the requested areas of the contest, parents first.
absl::StatusOr<std::vector<int>> AreasOf(const PublishedElection& election, int contest_no,
                                         const v1::ListAreaResultsRequest& request) {
  const election::Definition& definition = election.definition();
  std::vector<int> areas;
  if (request.parent_area_id().empty()) {
    areas = definition.AreasBelow(definition.AreaOfContest(contest_no));
  } else {
    const absl::StatusOr<int> parent =
        FindAreaOfContest(election, contest_no, request.parent_area_id());
    if (!parent.ok()) return parent.status();
    areas = definition.ChildrenOfArea(*parent);
  }
  return AreasOfKind(definition, std::move(areas), request.kind());
}

absl::StatusOr<AreaSnapshot> TakeSnapshot(const PublishedElection& election,
                                          const v1::ListAreaResultsRequest& request) {
  const auto asked = FindContestAndSource(election, request.contest_id(), request.source_id());
  if (!asked.ok()) return asked.status();
  const absl::StatusOr<std::vector<int>> areas = AreasOf(election, asked->contest_no, request);
  if (!areas.ok()) return areas.status();
  AreaSnapshot snapshot{.election_id = request.election_id(),
                        .filter = FilterOf(request),
                        .as_of = election.AsOf(),
                        .contest_no = asked->contest_no,
                        .source_no = asked->source_no};
  snapshot.areas.reserve(areas->size());
  for (const int area : *areas) {
    snapshot.areas.push_back(
        {.area_no = area,
         .figures = FiguresOf(election.count(), asked->contest_no, asked->source_no, area)});
  }
  return snapshot;
}

absl::StatusOr<std::shared_ptr<const AreaSnapshot>> FindSnapshot(
    AreaSnapshots& snapshots, const v1::ListAreaResultsRequest& request,
    const rpc::PageRequest& page) {
  auto snapshot = snapshots.Find(request.election_id(), FilterOf(request), page.sequence());
  if (snapshot != nullptr) return snapshot;
  return MakeError(reason::kPageExpired,
                   StrCat("The list at sequence ", page.sequence(),
                          " has expired. Start again without page_token."),
                   {.metadata = {{"sequence", StrCat(page.sequence())}}});
}

absl::Status FillPage(const PublishedElection& election, const AreaSnapshot& snapshot,
                      ListPage& page, v1::ListAreaResultsResponse& response) {
  // The position of a page is the number of areas before it.
  const absl::StatusOr<std::int64_t> start = page.request().Start(
      0, {.lowest = 1, .highest = static_cast<std::int64_t>(snapshot.areas.size())});
  if (!start.ok()) return start.status();
  for (std::size_t i = Index(*start); i < snapshot.areas.size(); ++i) {
    const AreaFigures& area = snapshot.areas[i];
    canvass::v1::Result result = election.ResultOfFigures(
        snapshot.contest_no, snapshot.source_no, area.area_no, area.figures, snapshot.as_of);
    if (!page.Take(result)) {
      response.set_next_page_token(
          page.request().TokenAt(static_cast<std::int64_t>(i), snapshot.as_of.sequence()));
      break;
    }
    *response.add_results() = std::move(result);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const grpc::ByteBuffer>> GetNationalResult(
    const ResultBoard& board, const v1::GetNationalResultRequest& request) {
  std::shared_ptr<const grpc::ByteBuffer> bytes;
  absl::Status found = board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        const auto asked =
            FindContestAndSource(election, request.contest_id(), request.source_id());
        if (!asked.ok()) return asked.status();
        bytes = election.WholeResultAnswer(asked->contest_no, asked->source_no);
        return absl::OkStatus();
      });
  if (!found.ok()) return found;
  return bytes;
}

absl::Status ListContestResults(const ResultBoard& board,
                                const v1::ListContestResultsRequest& request,
                                v1::ListContestResultsResponse& response) {
  auto page = ListPage::Open(request.page_size(), request.page_token(),
                             rpc::FilterHash({request.election_id(), request.source_id()}));
  if (!page.ok()) return page.status();
  return board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        const absl::StatusOr<int> source = FindVisibleSource(election, request.source_id());
        if (!source.ok()) return source.status();
        const auto contests = static_cast<int>(election.definition().contests().size());
        // The position of a page is the number of its first contest.
        const absl::StatusOr<std::int64_t> start =
            page->request().Start(0, {.lowest = 1, .highest = contests - 1});
        if (!start.ok()) return start.status();
        for (auto contest = static_cast<int>(*start); contest < contests; ++contest) {
          canvass::v1::Result result = election.WholeResult(contest, *source);
          if (!page->Take(result)) {
            response.set_next_page_token(page->request().TokenAt(contest));
            break;
          }
          *response.add_results() = std::move(result);
        }
        return absl::OkStatus();
      });
}

absl::Status GetFinalResult(const ResultBoard& board, const v1::GetFinalResultRequest& request,
                            v1::GetFinalResultResponse& response) {
  return board.Read(request.election_id(), request.min_sequence(),
                    [&](const PublishedElection& election) {
                      const auto asked =
                          FindContestAndSource(election, request.contest_id(), request.source_id());
                      if (!asked.ok()) return asked.status();
                      const auto [contest, source] = *asked;
                      if (election.count().FindCertified(contest, source) == nullptr) {
                        return NotCertifiedError(election, *asked);
                      }
                      *response.mutable_result() = election.CertifiedResult(contest, source);
                      response.set_current_status(ToProto(election.count().StatusOf(
                          contest, source, election.definition().AreaOfContest(contest))));
                      return absl::OkStatus();
                    });
}

absl::Status GetAreaResult(const ResultBoard& board, const v1::GetAreaResultRequest& request,
                           v1::GetAreaResultResponse& response) {
  return board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        const auto asked =
            FindContestAndSource(election, request.contest_id(), request.source_id());
        if (!asked.ok()) return asked.status();
        const auto question = FindQuestion(election, *asked, request.area_id(), request.tag());
        if (!question.ok()) return question.status();
        *response.mutable_result() = ResultOf(election, *question);
        return absl::OkStatus();
      });
}

absl::Status ListAreaResults(const ResultBoard& board, AreaSnapshots& snapshots,
                             const v1::ListAreaResultsRequest& request,
                             v1::ListAreaResultsResponse& response) {
  auto page = ListPage::Open(request.page_size(), request.page_token(), FilterOf(request));
  if (!page.ok()) return page.status();
  return board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        if (!page->request().is_first()) {
          const auto kept = FindSnapshot(snapshots, request, page->request());
          return kept.ok() ? FillPage(election, **kept, *page, response) : kept.status();
        }
        absl::StatusOr<AreaSnapshot> taken = TakeSnapshot(election, request);
        if (!taken.ok()) return taken.status();
        absl::Status filled = FillPage(election, *taken, *page, response);
        if (!response.next_page_token().empty()) snapshots.Keep(*std::move(taken));
        return filled;
      });
}

absl::Status CompareSources(const ResultBoard& board, const v1::CompareSourcesRequest& request,
                            v1::CompareSourcesResponse& response) {
  return board.Read(
      request.election_id(), request.min_sequence(), [&](const PublishedElection& election) {
        const auto asked =
            FindContestAndSource(election, request.contest_id(), request.source_id());
        if (!asked.ok()) return asked.status();
        const auto [contest, official] = *asked;
        const std::vector<election::Source>& sources = election.definition().sources();
        if (sources[Index(official)].kind != election::SourceKind::kOfficial) {
          return FieldError(reason::kSourceKindMismatch, "source_id",
                            StrCat("source \"", sources[Index(official)].id,
                                   "\" is not official; other sources are compared with an "
                                   "official source"));
        }
        const auto area = FindAreaOfContest(election, contest, request.area_id());
        if (!area.ok()) return area.status();
        *response.mutable_official() =
            ResultOf(election, {.contest_no = contest, .source_no = official, .area_no = *area});
        for (int other = 0; other < static_cast<int>(sources.size()); ++other) {
          if (other == official || election.IsUnderEmbargo(other)) continue;
          *response.add_comparisons() =
              rpc::ComparisonOf(election.ledger(), contest, official, other, *area);
        }
        return absl::OkStatus();
      });
}

absl::Status GetHistory(const ResultBoard& board, const v1::GetHistoryRequest& request,
                        v1::GetHistoryResponse& response) {
  auto page = ListPage::Open(request.page_size(), request.page_token(),
                             rpc::FilterHash({request.election_id(), request.contest_id(),
                                              request.source_id(), request.area_id()}));
  if (!page.ok()) return page.status();
  return board.Read(request.election_id(), 0, [&](const PublishedElection& election) {
    const auto asked = FindContestAndSource(election, request.contest_id(), request.source_id());
    if (!asked.ok()) return asked.status();
    const auto [contest, source] = *asked;
    const auto area = FindAreaOfContest(election, contest, request.area_id());
    if (!area.ok()) return area.status();
    // The position of a page is the sequence below which its points lie.
    const absl::StatusOr<std::int64_t> before =
        page->request().Start(rpc::kPositionMax, {.lowest = 1, .highest = rpc::kPositionMax});
    if (!before.ok()) return before.status();
    const std::vector<HistoryPoint> points = election.ledger_with_history().history().Newest(
        election.ledger(), contest, source, *area, *before, Index(page->request().size()) + 1);
    for (const HistoryPoint& point : points) {
      canvass::v1::Result result = election.ResultOfFigures(contest, source, *area, point.figures,
                                                            election.AsOfMoment(point.moment));
      if (!page->Take(result)) {
        response.set_next_page_token(page->request().TokenAt(point.moment.sequence + 1));
        break;
      }
      *response.add_results() = std::move(result);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<canvass::v1::Result> FindWatchedResult(const ResultBoard& board,
                                                      const v1::WatchResultRequest& request) {
  canvass::v1::Result result;
  const absl::Status found =
      board.Read(request.election_id(), 0, [&](const PublishedElection& election) {
        const auto asked =
            FindContestAndSource(election, request.contest_id(), request.source_id());
        if (!asked.ok()) return asked.status();
        const auto question = FindQuestion(election, *asked, request.area_id(), /*tag=*/"");
        if (!question.ok()) return question.status();
        result = ResultOf(election, *question);
        return absl::OkStatus();
      });
  if (!found.ok()) return found;
  return result;
}

}  // namespace canvass::publisher
