#include "common/election/numbers_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/finding_list.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/tally.h"

namespace canvass::election {
namespace {

bool IsInRange(std::int64_t count) { return 0 <= count && count <= kCountMax; }

void AddNumberFinding(std::string field, std::optional<std::int64_t> count, FindingList& findings) {
  if (count) {
    findings.Add({.rule = Rule::kCountOutOfRange,
                  .field = std::move(field),
                  .numbers = {{"count", *count}}});
  } else {
    findings.Add({.rule = Rule::kCountMissing, .field = std::move(field)});
  }
}

std::int32_t ReadRequired(std::string_view field, std::optional<std::int64_t> count,
                          FindingList& findings) {
  if (count && IsInRange(*count)) return static_cast<std::int32_t>(*count);
  AddNumberFinding(std::string(field), count, findings);
  return kUnknown;
}

std::int32_t ReadOptional(std::string_view field, std::optional<std::int64_t> count,
                          FindingList& findings) {
  return count ? ReadRequired(field, count, findings) : kUnknown;
}

// The lines of one report that give numbers to candidates.
class CandidateLines {
 public:
  // `field` is the path of the list of lines, e.g. "ballots.votes".
  CandidateLines(const Definition& definition, int contest_no, std::string_view field,
                 FindingList& findings)
      : definition_(definition),
        contest_no_(contest_no),
        candidates_(definition.contests()[Index(contest_no)].candidates),
        field_(field),
        findings_(findings),
        counts_(candidates_.size(), kUnknown),
        places_(candidates_.size()) {}

  void Read(const std::vector<CandidateCount>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) ReadLine(i, lines[i]);
    AddRepeated();
  }

  void RequireEveryCandidate() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (places_[i].times != 0) continue;
      usable_ = false;
      findings_.Add({.rule = Rule::kCandidateMissing,
                     .field = std::string(field_),
                     .subject = candidates_[i].id});
    }
  }

  // Returns the sum of all lines; nullopt unless each line has a number and names a different
  // candidate of the contest.
  std::optional<std::int64_t> Sum() const {
    if (!usable_) return std::nullopt;
    std::int64_t sum = 0;
    for (const std::int32_t count : counts_) sum += count == kUnknown ? 0 : count;
    return sum;
  }

  // Moves the numbers out, in ballot order.
  std::vector<std::int32_t> TakeCounts() { return std::move(counts_); }

 private:
  struct Place {
    int times = 0;
    std::size_t second_line = 0;  // set once `times` is 2
  };

  void ReadLine(std::size_t line, const CandidateCount& candidate) {
    const std::optional<int> candidate_no = FindCandidate(line, candidate.candidate_id);
    const bool readable = candidate.count && IsInRange(*candidate.count);
    usable_ = usable_ && readable && candidate_no;
    if (!readable && (candidate.count || candidate_no)) {
      AddNumberFinding(PathOf(line, "count"), candidate.count, findings_);
    }
    if (!candidate_no) {
      findings_.Add({.rule = Rule::kCandidateUnknown,
                     .field = PathOf(line, "candidate_id"),
                     .subject = candidate.candidate_id});
      return;
    }
    if (readable) counts_[Index(*candidate_no)] = static_cast<std::int32_t>(*candidate.count);
    Place& place = places_[Index(*candidate_no)];
    if (++place.times == 2) place.second_line = line;
  }

  // Most reports list the candidates in ballot order, so the line is tried before the index.
  std::optional<int> FindCandidate(std::size_t line, const std::string& candidate_id) const {
    if (line < candidates_.size() && candidates_[line].id == candidate_id) {
      return static_cast<int>(line);
    }
    return definition_.FindCandidate(contest_no_, candidate_id);
  }

  void AddRepeated() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (places_[i].times < 2) continue;
      usable_ = false;
      findings_.Add({.rule = Rule::kCandidateRepeated,
                     .field = PathOf(places_[i].second_line, "candidate_id"),
                     .numbers = {{"times", places_[i].times}},
                     .subject = candidates_[i].id});
    }
  }

  std::string PathOf(std::size_t line, std::string_view part) const {
    return StrCat(field_, "[", line, "].", part);
  }

  const Definition& definition_;
  const int contest_no_;
  const std::vector<Candidate>& candidates_;
  const std::string_view field_;
  FindingList& findings_;
  std::vector<std::int32_t> counts_;
  std::vector<Place> places_;
  bool usable_ = true;
};

// Adds "name: number" to `numbers` if the number is known. Returns it, or 0.
std::int64_t AddKnown(std::string_view name, std::int64_t number,
                      std::vector<std::pair<std::string, std::int64_t>>& numbers) {
  if (number == kUnknown) return 0;
  numbers.emplace_back(name, number);
  return number;
}

// The kinds of ballots together must be the ballots that were cast. If a kind is unknown, those
// that are known must not be more.
void CheckVotesBalance(const Counts& counts, std::optional<std::int64_t> votes,
                       FindingList& findings) {
  if (!votes || counts.ballots_cast == kUnknown) return;
  std::vector<std::pair<std::string, std::int64_t>> numbers{{"ballots_cast", counts.ballots_cast},
                                                            {"votes", *votes}};
  const std::int64_t sum = *votes + AddKnown("blank_votes", counts.blank_votes, numbers) +
                           AddKnown("invalid_votes", counts.invalid_votes, numbers);
  const bool all_known = counts.blank_votes != kUnknown && counts.invalid_votes != kUnknown;
  if (all_known ? sum == counts.ballots_cast : sum <= counts.ballots_cast) return;
  numbers.emplace_back("sum", sum);
  findings.Add({.rule = Rule::kVotesNotBalanced,
                .field = "ballots.ballots_cast",
                .numbers = std::move(numbers)});
}

void CheckInterviewsBalance(const Counts& counts, std::optional<std::int64_t> answers,
                            FindingList& findings) {
  if (!answers || counts.asked == kUnknown || counts.refused == kUnknown ||
      counts.undecided == kUnknown) {
    return;
  }
  const std::int64_t sum = *answers + counts.refused + counts.undecided;
  if (sum == counts.asked) return;
  findings.Add({.rule = Rule::kInterviewsNotBalanced,
                .field = "interviews.asked",
                .numbers = {{"asked", counts.asked},
                            {"answers", *answers},
                            {"refused", counts.refused},
                            {"undecided", counts.undecided},
                            {"sum", sum}}});
}

// A number, its name in findings, and the field that it comes from.
struct NamedNumber {
  std::string_view name;
  std::int64_t number = kUnknown;
  std::string_view field = name;  // below "ballots."
};

void CheckNotAbove(Rule rule, const NamedNumber& part, const NamedNumber& whole,
                   FindingList& findings) {
  if (part.number == kUnknown || whole.number == kUnknown || part.number <= whole.number) return;
  findings.Add({.rule = rule,
                .field = StrCat("ballots.", part.field),
                .numbers = {{std::string(part.name), part.number},
                            {std::string(whole.name), whole.number}}});
}

void CheckShare(Rule rule, const NamedNumber& part, std::int64_t cast,
                std::int32_t limit_hundredths, FindingList& findings) {
  constexpr std::int64_t kWholeInHundredths = 10'000;
  if (part.number <= 0 || cast == kUnknown) return;  // 0 is never high
  if (kWholeInHundredths * part.number < std::int64_t{limit_hundredths} * cast) return;
  findings.Add({.rule = rule,
                .field = StrCat("ballots.", part.name),
                .numbers = {{std::string(part.name), part.number},
                            {"ballots_cast", cast},
                            {"limit_hundredths", limit_hundredths}}});
}

// Returns how many voters are registered at the station and at those that are counted there;
// kUnknown if the definition does not say it of each.
std::int64_t RegisterOf(const Definition& definition, int station_no) {
  std::int64_t sum = 0;
  const auto add = [&](int no) {
    const std::optional<std::int64_t> voters = definition.stations()[Index(no)].registered_voters;
    if (voters) sum += *voters;
    return voters.has_value();
  };
  if (!add(station_no)) return kUnknown;
  const std::vector<int>& counted_here = definition.StationsCountedHere(station_no);
  return std::all_of(counted_here.begin(), counted_here.end(), add) ? sum : kUnknown;
}

// The numbers of a report, completed where it left one out: rules apply to what the other numbers
// and the definition say about it.
struct KnownBallots {
  NamedNumber registered;
  NamedNumber issued;
  NamedNumber cast;               // or the votes that are known, which are at most as many
  bool cast_is_complete = false;  // no ballot is missing in it
};

KnownBallots KnownOf(const Definition& definition, int station_no, const Counts& counts,
                     std::optional<std::int64_t> votes) {
  KnownBallots known{.registered = {"registered_voters", counts.registered_voters},
                     .issued = {"ballots_issued", counts.ballots_issued},
                     .cast = {"ballots_cast", counts.ballots_cast},
                     .cast_is_complete = counts.ballots_cast != kUnknown};
  if (counts.registered_voters == kUnknown) {
    known.registered.number = RegisterOf(definition, station_no);
  }
  if (known.cast_is_complete || !votes) return known;
  known.cast_is_complete = counts.blank_votes != kUnknown && counts.invalid_votes != kUnknown;
  known.cast = {
      .name = "ballots_at_least",
      .number = *votes + std::max(counts.blank_votes, 0) + std::max(counts.invalid_votes, 0),
      .field = "votes"};
  return known;
}

void CheckNotZero(Rule rule, const NamedNumber& number, FindingList& findings) {
  if (number.number != 0) return;
  findings.Add({.rule = rule,
                .field = StrCat("ballots.", number.name),
                .numbers = {{std::string(number.name), 0}}});
}

void CheckPlausibility(const Policy& policy, const Counts& counts, const KnownBallots& known,
                       FindingList& findings) {
  CheckNotAbove(Rule::kCastAboveRegistered, known.cast, known.registered, findings);
  CheckNotAbove(Rule::kIssuedAboveRegistered, known.issued, known.registered, findings);
  CheckNotAbove(Rule::kCastAboveIssued, known.cast, known.issued, findings);
  const std::int64_t cast = known.cast_is_complete ? known.cast.number : kUnknown;
  CheckShare(Rule::kInvalidShareHigh, {"invalid_votes", counts.invalid_votes}, cast,
             policy.invalid_share_high_hundredths, findings);
  CheckShare(Rule::kBlankShareHigh, {"blank_votes", counts.blank_votes}, cast,
             policy.blank_share_high_hundredths, findings);
  CheckNotZero(Rule::kNoBallots, {"ballots_cast", cast}, findings);
  CheckNotZero(Rule::kNoRegisteredVoters, {"registered_voters", counts.registered_voters},
               findings);
}

}  // namespace

Counts CheckBallots(const Definition& definition, const StationKey& key, SourceKind kind,
                    const BallotCount& ballots, FindingList& findings) {
  const auto read = kind == SourceKind::kOfficial ? ReadRequired : ReadOptional;
  Counts counts;
  counts.registered_voters =
      ReadOptional("ballots.registered_voters", ballots.registered_voters, findings);
  counts.ballots_issued = ReadOptional("ballots.ballots_issued", ballots.ballots_issued, findings);
  counts.ballots_cast = read("ballots.ballots_cast", ballots.ballots_cast, findings);
  counts.blank_votes = read("ballots.blank_votes", ballots.blank_votes, findings);
  counts.invalid_votes = read("ballots.invalid_votes", ballots.invalid_votes, findings);
  CandidateLines votes(definition, key.contest_no, "ballots.votes", findings);
  votes.Read(ballots.votes);
  votes.RequireEveryCandidate();
  const std::optional<std::int64_t> sum = votes.Sum();
  CheckVotesBalance(counts, sum, findings);
  counts.votes = votes.TakeCounts();
  CheckPlausibility(definition.policy(), counts, KnownOf(definition, key.station_no, counts, sum),
                    findings);
  return counts;
}

Counts CheckInterviews(const Definition& definition, const StationKey& key,
                       const InterviewCount& interviews, FindingList& findings) {
  Counts counts;
  counts.interviews = true;
  counts.asked = ReadRequired("interviews.asked", interviews.asked, findings);
  counts.refused = ReadRequired("interviews.refused", interviews.refused, findings);
  counts.undecided =
      ReadRequired("interviews.undecided", interviews.undecided.value_or(0), findings);
  CandidateLines answers(definition, key.contest_no, "interviews.answers", findings);
  answers.Read(interviews.answers);
  if (interviews.answers.empty()) AddNumberFinding("interviews.answers", std::nullopt, findings);
  CheckInterviewsBalance(counts, answers.Sum(), findings);
  counts.votes = answers.TakeCounts();
  const std::int64_t registered = RegisterOf(definition, key.station_no);
  if (registered != kUnknown && counts.asked > registered) {
    findings.Add({.rule = Rule::kAskedAboveRegistered,
                  .field = "interviews.asked",
                  .numbers = {{"asked", counts.asked}, {"registered_voters", registered}}});
  }
  return counts;
}

}  // namespace canvass::election
