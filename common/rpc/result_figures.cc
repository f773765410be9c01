#include "common/rpc/result_figures.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/index.h"
#include "common/election/ranking.h"
#include "common/election/share.h"

namespace canvass::rpc {
namespace {

// Returns a sum, or nullopt if a counted report did not give its number.
std::optional<std::int64_t> Known(const election::Sum& sum) {
  if (sum.unknown > 0) return std::nullopt;
  return sum.total;
}

election::Sum VotesOf(const election::Tally& tally, std::size_t candidate_no) {
  return tally.votes.empty() ? election::Sum{} : tally.votes[candidate_no];
}

// Values by which the candidates are ranked. Unknown values are absent.
using RankedValues = std::vector<std::optional<std::int64_t>>;

// Adds a line for each candidate in order of rank. Candidates with an unknown value come last in
// ballot order, with rank 0. `set_figures` sets the other fields of a line.
void AddCandidates(
    const election::Contest& contest, const RankedValues& values,
    const std::function<void(std::size_t candidate_no, v1::CandidateResult*)>& set_figures,
    v1::Result* result) {
  const auto add = [&](std::size_t candidate_no, int rank) {
    v1::CandidateResult& line = *result->add_candidates();
    line.set_candidate_id(contest.candidates[candidate_no].id);
    line.set_withdrawn(contest.candidates[candidate_no].withdrawn.value_or(false));
    line.set_rank(rank);
    set_figures(candidate_no, &line);
  };
  std::vector<std::size_t> known;
  std::vector<std::int64_t> known_values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    known.push_back(i);
    known_values.push_back(*values[i]);
  }
  for (const election::Rank& rank : election::RankCandidates(known_values)) {
    add(known[Index(rank.candidate_no)], rank.rank);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) add(i, 0);
  }
}

// Makes all values unknown if no candidate has a vote, so nobody is ranked first.
RankedValues WithoutZeros(RankedValues values) {
  const bool any =
      std::any_of(values.begin(), values.end(), [](const auto& v) { return v.value_or(0) > 0; });
  if (!any) std::fill(values.begin(), values.end(), std::nullopt);
  return values;
}

// Returns the denominator of the shares, or nullopt if a part of it is unknown.
std::optional<std::int64_t> ValidVotesOf(const election::Contest& contest,
                                         const election::Tally& tally) {
  std::int64_t valid = 0;
  for (const election::Sum& votes : tally.votes) {
    if (votes.unknown > 0) return std::nullopt;
    valid += votes.total;
  }
  if (!contest.blank_votes_valid.value_or(false)) return valid;
  if (tally.blank_votes.unknown > 0) return std::nullopt;
  return valid + tally.blank_votes.total;
}

double DesignEffectOf(const election::Source& source) {
  const absl::StatusOr<election::Decimal> decimal = election::ParseDecimal(source.design_effect);
  if (!decimal.ok())
    return 1.0;  // "" means that none is given; the definition check refuses malformed text
  auto effect = static_cast<double>(decimal->units);
  for (int i = 0; i < decimal->decimals; ++i) effect /= 10;
  return effect;
}

// Returns a published share in millionths of a percent, which makes shares comparable. Returns
// nullopt for "".
std::optional<std::int64_t> MillionthsOf(const std::string& share_percent) {
  const absl::StatusOr<election::Decimal> decimal = election::ParseDecimal(share_percent);
  if (!decimal.ok()) return std::nullopt;
  std::int64_t millionths = decimal->units;
  for (int places = decimal->decimals; places < 6; ++places) millionths *= 10;
  return millionths;
}

}  // namespace

void SetBallotFigures(const election::Contest& contest, const election::Tally& tally,
                      v1::Result* result) {
  const std::optional<std::int64_t> valid = ValidVotesOf(contest, tally);
  RankedValues votes;
  for (std::size_t i = 0; i < contest.candidates.size(); ++i) {
    votes.push_back(Known(VotesOf(tally, i)));
  }
  AddCandidates(
      contest, WithoutZeros(votes),
      [&](std::size_t candidate_no, v1::CandidateResult* line) {
        if (!votes[candidate_no]) return;
        line->set_votes(*votes[candidate_no]);
        if (valid) line->set_share_percent(election::SharePercent(*votes[candidate_no], *valid));
      },
      result);
  if (valid) result->set_valid_votes(*valid);
  const auto cast = Known(tally.ballots_cast);
  const auto registered = Known(tally.registered_voters);
  const auto blank = Known(tally.blank_votes);
  const auto invalid = Known(tally.invalid_votes);
  const auto issued = Known(tally.ballots_issued);
  if (cast) result->set_ballots_cast(*cast);
  if (registered) result->set_registered_voters(*registered);
  if (blank) result->set_blank_votes(*blank);
  if (invalid) result->set_invalid_votes(*invalid);
  if (issued) result->set_ballots_issued(*issued);
  if (cast && registered) {
    result->set_turnout_percent(election::SharePercent(*cast, *registered));
  }
}

void SetInterviewFigures(const election::Contest& contest, const election::Source& source,
                         const election::Tally& tally, v1::Result* result) {
  std::int64_t answers = 0;
  RankedValues votes;
  for (std::size_t i = 0; i < contest.candidates.size(); ++i) {
    const election::Sum sum = VotesOf(tally, i);
    const bool asked = tally.reports == 0 || sum.unknown < tally.reports;
    votes.push_back(asked ? std::optional(sum.total) : std::nullopt);
    answers += sum.total;
  }
  const double design_effect = DesignEffectOf(source);
  AddCandidates(
      contest, WithoutZeros(votes),
      [&](std::size_t candidate_no, v1::CandidateResult* line) {
        if (!votes[candidate_no]) return;
        line->set_votes(*votes[candidate_no]);
        line->set_share_percent(election::SharePercent(*votes[candidate_no], answers));
        line->set_margin_of_error_points(
            election::MarginOfErrorPoints(*votes[candidate_no], answers, design_effect));
      },
      result);
  if (tally.reports > 0) result->set_sample_size(answers);
}

void SetPublishedFigures(const election::Contest& contest, const election::PollFigures& published,
                         v1::Result* result) {
  std::vector<std::string> shares(contest.candidates.size());
  if (!published.retracted) {
    for (const election::PollShare& share : published.shares) {
      shares[Index(share.candidate_no)] = share.share_percent;
    }
    if (published.sample_size) result->set_sample_size(*published.sample_size);
  }
  RankedValues values;
  values.reserve(shares.size());
  for (const std::string& share : shares) values.push_back(MillionthsOf(share));
  AddCandidates(
      contest, values,
      [&](std::size_t candidate_no, v1::CandidateResult* line) {
        if (shares[candidate_no].empty()) return;
        line->set_share_percent(shares[candidate_no]);
        line->set_margin_of_error_points(published.margin_of_error_points);
      },
      result);
}

}  // namespace canvass::rpc
