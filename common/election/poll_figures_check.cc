#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/microseconds.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/decision_fields.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/share.h"
#include "common/election/standing.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

constexpr std::string_view kPath = "figures.";

// Checks a percentage, or a number of percentage points, as published: 0 to 100.
absl::Status CheckPercent(const std::string& field, std::string_view text) {
  const absl::StatusOr<Decimal> percent = ParseDecimal(text);
  if (!percent.ok()) {
    return FieldError(reason::kDecimalMalformed, field, StrCat(percent.status().message()));
  }
  const Decimal hundred{.units = 100};
  if (percent->units < 0 || !IsWithinMargin(*percent, Decimal(), hundred)) {
    return FieldError(reason::kShareOutOfRange, field,
                      StrCat("is ", text, ", but must be between 0 and 100"));
  }
  return absl::OkStatus();
}

absl::StatusOr<PollShare> ReadShare(const Definition& definition, int contest_no, std::size_t line,
                                    const PollFiguresRequest::Share& share) {
  const std::string path = StrCat(kPath, "shares[", line, "].");
  const std::optional<int> candidate_no = definition.FindCandidate(contest_no, share.candidate_id);
  if (!candidate_no) {
    return UnknownIdError(reason::kCandidateUnknown, path + "candidate_id", "candidate",
                          share.candidate_id);
  }
  if (absl::Status percent = CheckPercent(path + "share_percent", share.share_percent);
      !percent.ok()) {
    return percent;
  }
  return PollShare{.candidate_no = *candidate_no, .share_percent = share.share_percent};
}

// Returns the shares in ballot order, so that the same shares in another order are the same
// figures.
absl::StatusOr<std::vector<PollShare>> ReadShares(const Definition& definition, int contest_no,
                                                  const PollFiguresRequest& request) {
  if (request.shares.empty() && !request.figures.retracted) {
    return FieldError(reason::kSharesMissing, "figures.shares", "must have at least one share");
  }
  std::vector<PollShare> shares;
  for (std::size_t i = 0; i < request.shares.size(); ++i) {
    absl::StatusOr<PollShare> share = ReadShare(definition, contest_no, i, request.shares[i]);
    if (!share.ok()) return share.status();
    shares.push_back(*std::move(share));
  }
  const auto by_candidate = [](const PollShare& a, const PollShare& b) {
    return a.candidate_no < b.candidate_no;
  };
  const auto same_candidate = [](const PollShare& a, const PollShare& b) {
    return a.candidate_no == b.candidate_no;
  };
  std::sort(shares.begin(), shares.end(), by_candidate);
  const auto repeated = std::adjacent_find(shares.begin(), shares.end(), same_candidate);
  if (repeated != shares.end()) {
    const std::vector<Candidate>& candidates = definition.contests()[Index(contest_no)].candidates;
    return FieldError(reason::kCandidateRepeated, "figures.shares",
                      StrCat("names candidate \"", candidates[Index(repeated->candidate_no)].id,
                             "\" more than once"));
  }
  return shares;
}

// Published shares are rounded, each by at most half a unit of its last decimal. Beyond that they
// cannot add up to more than 100.
absl::Status CheckSumOfShares(const std::vector<PollShare>& shares) {
  constexpr int kPlaces = 7;  // one more than a Decimal has, for half a unit
  std::int64_t sum = 0;
  std::int64_t rounding = 0;
  for (const PollShare& share : shares) {
    const absl::StatusOr<Decimal> decimal = ParseDecimal(share.share_percent);
    std::int64_t unit = 1;
    for (int places = decimal->decimals; places < kPlaces; ++places) unit *= 10;
    sum += decimal->units * unit;
    rounding += unit / 2;
  }
  constexpr std::int64_t kHundred = 1'000'000'000;  // with kPlaces decimals
  if (sum - rounding <= kHundred) return absl::OkStatus();
  constexpr std::int64_t kPerHundredth = kHundred / 10'000;
  return FieldError(reason::kShareOutOfRange, "figures.shares",
                    StrCat("add up to ", FormatHundredths(sum / kPerHundredth),
                           " percent, which is more than rounding makes of 100"));
}

absl::StatusOr<int> FindExitPoll(const Definition& definition, const std::string& source_id) {
  if (source_id.empty()) {
    return FieldError(reason::kSourceMissing, "figures.source_id", "must name an exit poll");
  }
  const absl::StatusOr<int> source_no = FindSourceAt(definition, kPath, source_id);
  if (!source_no.ok()) return source_no.status();
  if (definition.sources()[Index(*source_no)].kind != SourceKind::kExitPoll) {
    return FieldError(reason::kSourceKindMismatch, "figures.source_id",
                      StrCat("source \"", source_id, "\" is not an exit poll"));
  }
  return *source_no;
}

absl::StatusOr<int> FindPollArea(const Definition& definition, int contest_no,
                                 const std::string& area_id) {
  const int contest_area = definition.AreaOfContest(contest_no);
  if (area_id.empty()) return contest_area;
  const std::optional<int> area_no = definition.FindArea(area_id);
  if (!area_no) return UnknownIdError(reason::kAreaUnknown, "figures.area_id", "area", area_id);
  if (!definition.IsWithin(*area_no, contest_area)) {
    return FieldError(reason::kAreaNotInContest, "figures.area_id",
                      StrCat("area \"", area_id, "\" lies outside the contest's area"));
  }
  return *area_no;
}

absl::Status CheckNumbers(const PollFigures& figures) {
  if (figures.revision < 1) {
    return FieldError(reason::kRevisionInvalid, "figures.revision",
                      StrCat("is ", figures.revision, ", but revisions start at 1"));
  }
  if (figures.sample_size && (*figures.sample_size < 0 || *figures.sample_size > kCountMax)) {
    return FieldError(
        reason::kCountOutOfRange, "figures.sample_size",
        StrCat("is ", *figures.sample_size, ", but must be between 0 and ", kCountMax));
  }
  if (figures.margin_of_error_points.empty()) return absl::OkStatus();
  return CheckPercent("figures.margin_of_error_points", figures.margin_of_error_points);
}

absl::Status CheckWords(const PollFigures& figures) {
  if (absl::Status texts = CheckDecisionTexts(kPath, figures.reason, figures.documents);
      !texts.ok()) {
    return texts;
  }
  if (figures.revision > 1 && IsBlank(figures.reason)) {
    return FieldError(
        reason::kCorrectionReasonMissing, "figures.reason",
        StrCat("must say why revision ", figures.revision, " replaces the previous one"));
  }
  return absl::OkStatus();
}

// Returns the figures of the request, with the ids of parts resolved to numbers.
absl::StatusOr<PollFigures> ReadFigures(const Definition& definition,
                                        const PollFiguresRequest& request) {
  const absl::StatusOr<int> contest_no = FindContestAt(definition, kPath, request.contest_id);
  if (!contest_no.ok()) return contest_no.status();
  const absl::StatusOr<int> source_no = FindExitPoll(definition, request.source_id);
  if (!source_no.ok()) return source_no.status();
  const absl::StatusOr<int> area_no = FindPollArea(definition, *contest_no, request.area_id);
  if (!area_no.ok()) return area_no.status();
  if (absl::Status numbers = CheckNumbers(request.figures); !numbers.ok()) return numbers;
  if (absl::Status words = CheckWords(request.figures); !words.ok()) return words;
  absl::StatusOr<std::vector<PollShare>> shares = ReadShares(definition, *contest_no, request);
  if (!shares.ok()) return shares.status();
  if (absl::Status sum = CheckSumOfShares(*shares); !sum.ok()) return sum;
  PollFigures figures = request.figures;
  figures.contest_no = *contest_no;
  figures.source_no = *source_no;
  figures.area_no = *area_no;
  figures.shares = *std::move(shares);
  if (figures.published_at) {
    figures.published_at = InMicroseconds(*figures.published_at);
  }
  return figures;
}

}  // namespace

absl::StatusOr<Decision> CheckPollFigures(const Count& count, const PollFiguresRequest& request) {
  assert(count.defined());
  absl::StatusOr<PollFigures> figures = ReadFigures(count.definition(), request);
  if (!figures.ok()) return figures.status();
  const int contest_no = figures->contest_no;
  const int source_no = figures->source_no;
  const std::int32_t revision = figures->revision;
  const PublishedPoll* const newest = count.FindPoll(contest_no, source_no, figures->area_no);
  const std::int32_t newest_revision = newest == nullptr ? 0 : newest->figures.revision;
  const std::vector<std::pair<std::string, std::int64_t>> numbers{
      {"revision", revision}, {"newest_revision", newest_revision}};
  if (revision <= newest_revision) {
    const PublishedPoll* const published =
        count.FindPollRevision(contest_no, source_no, figures->area_no, revision);
    if (published->figures == *figures) return Decision{.standing_sequence = published->sequence};
    return StandingError(reason::kRevisionConflict,
                         StrCat("revision ", revision,
                                " of these figures is already published with different content"),
                         numbers);
  }
  if (revision > std::int64_t{newest_revision} + 1) {
    return StandingError(
        reason::kRevisionGap,
        StrCat("revision ", revision, " does not directly follow the newest revision, which is ",
               newest_revision),
        numbers);
  }
  return Decision{.event = *std::move(figures)};
}

}  // namespace canvass::election
