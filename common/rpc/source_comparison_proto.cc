#include "common/rpc/source_comparison_proto.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/share.h"
#include "common/election/tally.h"
#include "common/ledger/election_ledger.h"
#include "common/rpc/result_figures.h"
#include "common/rpc/result_proto.h"

namespace canvass::rpc {
namespace {

// The two sources to compare, and the contest.
struct ComparedSources {
  int contest_no = 0;
  int official_no = 0;
  int other_no = 0;
};

// Stations that both sources have counted, and the tally of each source over them.
struct CommonStations {
  int stations = 0;
  int different = 0;
  election::Tally official{};
  election::Tally other{};
};

// Whether both numbers are given and different.
bool Differ(std::int32_t a, std::int32_t b) {
  return a != election::kUnknown && b != election::kUnknown && a != b;
}

CommonStations CommonStationsOf(const election::Count& count, const ComparedSources& sources,
                                int area_no) {
  CommonStations common;
  for (const int each_area : count.definition().AreasBelow(area_no)) {
    for (const int station_no : count.definition().StationsInArea(each_area)) {
      const auto official =
          count.CountingCounts({sources.contest_no, sources.official_no, station_no});
      if (!official) continue;
      const auto other = count.CountingCounts({sources.contest_no, sources.other_no, station_no});
      if (!other) continue;
      ++common.stations;
      if (AreDifferent(*official, *other)) ++common.different;
      election::Add(common.official, *official, false);
      election::Add(common.other, *other, false);
    }
  }
  return common;
}

// Sets the difference of the two displayed shares, and whether it is within the margin of error.
void SetDifference(v1::CandidateComparison* line) {
  const auto official = election::ParseDecimal(line->official_share_percent());
  const auto share = election::ParseDecimal(line->share_percent());
  if (!official.ok() || !share.ok()) return;
  line->set_difference_points(election::DifferenceInPoints(*share, *official));
  const auto margin = election::ParseDecimal(line->margin_of_error_points());
  if (!margin.ok()) return;
  line->set_official_within_margin(election::IsWithinMargin(*share, *official, *margin));
}

using CandidateLines = absl::flat_hash_map<std::string, const v1::CandidateResult*>;

CandidateLines LinesOf(const v1::Result& result) {
  CandidateLines lines;
  for (const v1::CandidateResult& line : result.candidates()) lines[line.candidate_id()] = &line;
  return lines;
}

// Adds a line for each candidate, in the order of `ordered`.
void AddCandidates(const v1::Result& ordered, const v1::Result& official, const v1::Result& other,
                   v1::SourceComparison* out) {
  const CandidateLines official_lines = LinesOf(official);
  const CandidateLines other_lines = LinesOf(other);
  for (const v1::CandidateResult& candidate : ordered.candidates()) {
    const v1::CandidateResult& other_line = *other_lines.at(candidate.candidate_id());
    v1::CandidateComparison& line = *out->add_candidates();
    line.set_candidate_id(candidate.candidate_id());
    line.set_official_share_percent(official_lines.at(candidate.candidate_id())->share_percent());
    line.set_share_percent(other_line.share_percent());
    line.set_margin_of_error_points(other_line.margin_of_error_points());
    SetDifference(&line);
  }
}

void CompareWithPoll(const v1::Result& official, const v1::Result& poll,
                     v1::SourceComparison* out) {
  if (poll.poll_figures().retracted()) {
    out->set_retracted(true);
    return;
  }
  if (poll.has_sample_size()) out->set_sample_size(poll.sample_size());
  AddCandidates(official, official, poll, out);
}

void CompareWithCount(const election::Contest& contest, const CommonStations& common,
                      const v1::Result& official, v1::SourceComparison* out) {
  v1::Result common_official;
  SetBallotFigures(contest, common.official, &common_official);
  v1::Result common_other;
  SetBallotFigures(contest, common.other, &common_other);
  out->set_stations_compared(common.stations);
  out->set_stations_different(common.different);
  AddCandidates(official, common_official, common_other, out);
}

}  // namespace

bool AreDifferent(const election::Counts& a, const election::Counts& b) {
  for (const auto member : {&election::Counts::registered_voters, &election::Counts::ballots_issued,
                            &election::Counts::ballots_cast, &election::Counts::blank_votes,
                            &election::Counts::invalid_votes}) {
    if (Differ(a.*member, b.*member)) return true;
  }
  for (std::size_t i = 0; i < a.votes.size() && i < b.votes.size(); ++i) {
    if (Differ(a.votes[i], b.votes[i])) return true;
  }
  return false;
}

v1::SourceComparison ComparisonOf(const ledger::ElectionLedger& ledger, int contest_no,
                                  int official_source_no, int other_source_no, int area_no) {
  const election::Count& count = ledger.count();
  assert(count.defined());
  assert(std::cmp_less(contest_no, count.definition().contests().size()));
  assert(std::cmp_less(official_source_no, count.definition().sources().size()));
  assert(std::cmp_less(other_source_no, count.definition().sources().size()));
  assert(std::cmp_less(area_no, count.definition().areas().size()));
  const election::Source& source = count.definition().sources()[Index(other_source_no)];
  v1::SourceComparison out;
  out.set_source_id(source.id);
  out.set_kind(static_cast<v1::SourceKind>(source.kind));
  out.mutable_organisations()->Assign(source.organisations.begin(), source.organisations.end());
  ResultQuestion question = {
      .contest_no = contest_no, .source_no = official_source_no, .area_no = area_no};
  const v1::Result official = ResultOf(ledger, question, {});
  if (source.kind == election::SourceKind::kExitPoll) {
    question.source_no = other_source_no;
    CompareWithPoll(official, ResultOf(ledger, question, {}), &out);
    return out;
  }
  const ComparedSources sources = {
      .contest_no = contest_no, .official_no = official_source_no, .other_no = other_source_no};
  CompareWithCount(count.definition().contests()[Index(contest_no)],
                   CommonStationsOf(count, sources, area_no), official, &out);
  return out;
}

}  // namespace canvass::rpc
