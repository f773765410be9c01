#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/decision_fields.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/tally.h"

namespace canvass::election {
namespace {

struct ContestOfSource {
  int contest_no = 0;
  int source_no = 0;
};

absl::StatusOr<ContestOfSource> FindOfficialContest(const Definition& definition,
                                                    const std::string& contest_id,
                                                    const std::string& source_id) {
  const absl::StatusOr<int> contest_no = FindContestAt(definition, "", contest_id);
  if (!contest_no.ok()) return contest_no.status();
  const absl::StatusOr<int> source_no = FindSourceAt(definition, "", source_id);
  if (!source_no.ok()) return source_no.status();
  if (definition.sources()[Index(*source_no)].kind != SourceKind::kOfficial) {
    return FieldError(reason::kSourceKindMismatch, "source_id",
                      StrCat("source \"", source_id,
                             "\" is not official; only official results can be certified"));
  }
  return ContestOfSource{.contest_no = *contest_no, .source_no = *source_no};
}

// Returns the candidates in ballot order, so that the same candidates in another order are the same
// decision.
absl::StatusOr<std::vector<std::int32_t>> ReadElected(const Definition& definition, int contest_no,
                                                      const std::vector<std::string>& ids) {
  std::vector<std::int32_t> elected;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string field = StrCat("elected_candidate_ids[", i, "]");
    const std::optional<int> candidate_no = definition.FindCandidate(contest_no, ids[i]);
    if (!candidate_no) return UnknownIdError(reason::kCandidateUnknown, field, "candidate", ids[i]);
    if (std::find(elected.begin(), elected.end(), *candidate_no) != elected.end()) {
      return FieldError(reason::kCandidateRepeated, field,
                        StrCat("repeats candidate \"", ids[i], "\""));
    }
    elected.push_back(*candidate_no);
  }
  std::sort(elected.begin(), elected.end());
  return elected;
}

absl::Status CheckIncompleteness(const Progress& progress, int held_corrections,
                                 const CertificationRequest& request) {
  if (request.accept_incomplete) {
    return RequireReason(request.reason, "must say why an incomplete result is certified");
  }
  if (progress.complete() && held_corrections == 0) return absl::OkStatus();
  return StandingError(reason::kResultIncomplete,
                       StrCat("of ", progress.expected, " expected stations, ", progress.missing(),
                              " are missing and ", progress.held, " are held; ", held_corrections,
                              " counted stations have held corrections"),
                       {{"missing", progress.missing()},
                        {"held", progress.held},
                        {"expected", progress.expected},
                        {"held_corrections", held_corrections}});
}

// Returns the votes of a candidate. A tally has no votes before the first report counts.
std::int64_t VotesOf(const Tally& tally, std::size_t candidate_no) {
  return candidate_no < tally.votes.size() ? tally.votes[candidate_no].total : 0;
}

// Whether no elected candidate has withdrawn and each has more votes than every candidate who is
// not elected.
bool VotesDecide(const Contest& contest, const Tally& tally,
                 const std::vector<std::int32_t>& elected) {
  return std::all_of(elected.begin(), elected.end(), [&](std::int32_t elected_no) {
    if (contest.candidates[Index(elected_no)].withdrawn.value_or(false)) return false;
    for (std::size_t other = 0; other < contest.candidates.size(); ++other) {
      const bool other_elected =
          std::binary_search(elected.begin(), elected.end(), static_cast<std::int32_t>(other));
      if (!other_elected && VotesOf(tally, other) >= VotesOf(tally, Index(elected_no))) {
        return false;
      }
    }
    return true;
  });
}

// Checks that nothing changed after the result was read. A reopening is a change too: a caller that
// read the result before it has seen the earlier certified result.
absl::Status CheckSequence(const Count& count, const ContestOfSource& contest,
                           std::int64_t sequence, std::int64_t expected_sequence) {
  const RecordedReopening* const reopened =
      count.FindReopening(contest.contest_no, contest.source_no);
  const std::int64_t last_change =
      std::max(count.LastChangeOf(contest.contest_no, contest.source_no),
               reopened == nullptr ? 0 : reopened->sequence);
  if (last_change <= expected_sequence) return absl::OkStatus();
  const bool moved_by_reopening = reopened != nullptr && reopened->sequence == last_change;
  return StandingError(reason::kResultMoved,
                       StrCat("the result was read at sequence ", expected_sequence, ", but ",
                              moved_by_reopening ? "was reopened" : "changed", " at sequence ",
                              last_change, "; read it again"),
                       {{"expected_sequence", expected_sequence},
                        {"last_change_sequence", last_change},
                        {"sequence", sequence}});
}

absl::Status CheckExpectedSequence(std::int64_t expected_sequence, std::int64_t sequence) {
  if (1 <= expected_sequence && expected_sequence <= sequence) return absl::OkStatus();
  return FieldError(reason::kSequenceOutOfRange, "expected_sequence",
                    StrCat("is ", expected_sequence, ", but must be between 1 and ", sequence,
                           ", the last sequence of the ledger"));
}

bool IsSame(const ResultCertification& certification, const CertificationRequest& request,
            const std::vector<std::int32_t>& elected) {
  // Who proposed it had read the same figures before.
  const bool read_the_same =
      certification.proposed_by || certification.certified_sequence == request.expected_sequence;
  return read_the_same && certification.elected_candidate_nos == elected &&
         certification.reason == request.reason &&
         certification.accept_incomplete == request.accept_incomplete &&
         certification.documents == request.documents;
}

bool IsSame(const RecordedReopening& recorded, const ReopeningRequest& request) {
  const ContestReopening& reopening = recorded.reopening;
  return reopening.status == request.status && reopening.reason == request.reason &&
         reopening.documents == request.documents;
}

// Returns the certification, if the current figures allow it.
absl::StatusOr<Decision> Certify(const Count& count, const ContestOfSource& contest,
                                 const CertificationRequest& request,
                                 std::vector<std::int32_t> elected) {
  const int area_no = count.definition().AreaOfContest(contest.contest_no);
  const Tally& tally = count.TallyOfArea(contest.contest_no, contest.source_no, area_no);
  const Progress progress = count.ProgressOfArea(contest.contest_no, contest.source_no, area_no);
  if (tally.reports == 0) {
    return StandingError(reason::kNothingCounted, "no report of this contest counts");
  }
  const int held_corrections = count.HeldCorrections(contest.contest_no, contest.source_no);
  if (absl::Status complete = CheckIncompleteness(progress, held_corrections, request);
      !complete.ok()) {
    return complete;
  }
  if (!VotesDecide(count.definition().contests()[Index(contest.contest_no)], tally, elected)) {
    absl::Status reason = RequireReason(
        request.reason,
        "must say why: an elected candidate has withdrawn, or does not have more votes than every "
        "candidate who is not elected");
    if (!reason.ok()) return reason;
  }
  const Certified* const before = count.FindCertified(contest.contest_no, contest.source_no);
  return Decision{.event = ResultCertification{
                      .contest_no = contest.contest_no,
                      .source_no = contest.source_no,
                      .number = before == nullptr ? 1 : before->certification.number + 1,
                      .certified_sequence = request.expected_sequence,
                      .tally = tally,
                      .progress = progress,
                      .elected_candidate_nos = std::move(elected),
                      .reason = request.reason,
                      .accept_incomplete = request.accept_incomplete,
                      .documents = request.documents}};
}

}  // namespace

absl::StatusOr<Decision> CheckCertification(const Count& count, std::int64_t sequence,
                                            const CertificationRequest& request) {
  assert(count.defined());
  const absl::StatusOr<ContestOfSource> contest =
      FindOfficialContest(count.definition(), request.contest_id, request.source_id);
  if (!contest.ok()) return contest.status();
  absl::StatusOr<std::vector<std::int32_t>> elected =
      ReadElected(count.definition(), contest->contest_no, request.elected_candidate_ids);
  if (!elected.ok()) return elected.status();
  if (absl::Status texts = CheckDecisionTexts("", request.reason, request.documents); !texts.ok()) {
    return texts;
  }
  if (absl::Status range = CheckExpectedSequence(request.expected_sequence, sequence);
      !range.ok()) {
    return range;
  }
  if (count.IsCertified(contest->contest_no, contest->source_no)) {
    const Certified& certified = *count.FindCertified(contest->contest_no, contest->source_no);
    if (IsSame(certified.certification, request, *elected)) {
      return Decision{.standing_sequence = certified.sequence};
    }
    return StandingError(reason::kAlreadyCertified,
                         StrCat("the result is certified by entry ", certified.sequence,
                                " with different content; reopen the contest first"),
                         {{"certification_sequence", certified.sequence}});
  }
  if (absl::Status moved = CheckSequence(count, *contest, sequence, request.expected_sequence);
      !moved.ok()) {
    return moved;
  }
  return Certify(count, *contest, request, *std::move(elected));
}

absl::StatusOr<Decision> CheckReopening(const Count& count, const ReopeningRequest& request) {
  assert(count.defined());
  const absl::StatusOr<ContestOfSource> contest =
      FindOfficialContest(count.definition(), request.contest_id, request.source_id);
  if (!contest.ok()) return contest.status();
  if (absl::Status texts = CheckDecisionTexts("", request.reason, request.documents); !texts.ok()) {
    return texts;
  }
  if (absl::Status reason = RequireReason(request.reason, "must say why the result is reopened");
      !reason.ok()) {
    return reason;
  }
  const std::vector<RecordedReopening>& reopenings =
      count.ReopeningsOf(contest->contest_no, contest->source_no);
  const auto same = std::find_if(reopenings.rbegin(), reopenings.rend(),
                                 [&](const auto& recorded) { return IsSame(recorded, request); });
  if (same != reopenings.rend()) {
    if (same->superseded_sequence == 0) return Decision{.standing_sequence = same->sequence};
    return SupersededError(same->sequence, same->superseded_sequence);
  }
  if (!count.IsCertified(contest->contest_no, contest->source_no)) {
    return StandingError(reason::kResultNotCertified,
                         "the result of this contest is not certified");
  }
  return Decision{.event = ContestReopening{.contest_no = contest->contest_no,
                                            .source_no = contest->source_no,
                                            .status = request.status,
                                            .reason = request.reason,
                                            .documents = request.documents}};
}

}  // namespace canvass::election
