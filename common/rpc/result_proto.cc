#include "common/rpc/result_proto.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/share.h"
#include "common/election/standing.h"
#include "common/election/tally.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/merkle.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/result_figures.h"

namespace canvass::rpc {
namespace {

// Progress of a single station.
election::Progress ProgressOfStation(const election::Count& count, const ResultQuestion& question) {
  const election::StationKey key = {question.contest_no, question.source_no, question.station_no};
  const election::Definition& definition = count.definition();
  const election::StationState state = count.StandingOf(key).state;
  election::Progress progress;
  if (state == election::StationState::kClosed) {
    progress.closed = 1;
    return progress;
  }
  if (!definition.IsExpected(question.contest_no, question.source_no, question.station_no)) {
    return progress;
  }
  const std::int64_t registered =
      definition.stations()[Index(question.station_no)].registered_voters.value_or(0);
  progress.expected = 1;
  progress.registered_expected = registered;
  progress.counted = state == election::StationState::kCounted ? 1 : 0;
  progress.registered_counted = progress.counted * registered;
  progress.annulled = state == election::StationState::kAnnulled ? 1 : 0;
  progress.held = state == election::StationState::kHeld ? 1 : 0;
  return progress;
}

election::Progress ProgressOf(const election::Count& count, const ResultQuestion& question) {
  if (question.station_no >= 0) return ProgressOfStation(count, question);
  if (question.tag.empty()) {
    return count.ProgressOfArea(question.contest_no, question.source_no, question.area_no);
  }
  return count.ProgressOfTag(question.contest_no, question.source_no, question.area_no,
                             question.tag);
}

election::Tally TallyOf(const election::Count& count, const ResultQuestion& question) {
  if (question.station_no >= 0) {
    const election::StationKey key = {question.contest_no, question.source_no, question.station_no};
    election::Tally tally;
    const auto counts = count.CountingCounts(key);
    if (counts) election::Add(tally, *counts, count.StandingOf(key).flagged);
    return tally;
  }
  if (question.tag.empty()) {
    return count.TallyOfArea(question.contest_no, question.source_no, question.area_no);
  }
  return count.TallyOfTag(question.contest_no, question.source_no, question.area_no, question.tag);
}

// A certified or reopened status applies to every part of the area. Before that, a station or tag
// has a status of its own.
election::ResultStatus StatusOf(const election::Count& count, const ResultQuestion& question,
                                const election::Progress& progress) {
  const bool whole_area = question.station_no < 0 && question.tag.empty();
  const election::ResultStatus status =
      count.StatusOf(question.contest_no, question.source_no, question.area_no);
  if (whole_area || status >= election::ResultStatus::kCertified) return status;
  if (progress.expected == progress.missing()) return election::ResultStatus::kPreElection;
  return progress.complete() ? election::ResultStatus::kUnofficialComplete
                             : election::ResultStatus::kUnofficialPartial;
}

v1::Certification CertificationOf(const election::Contest& contest,
                                  const election::Certified& certified) {
  const election::ResultCertification& certification = certified.certification;
  v1::Certification out;
  out.set_number(certification.number);
  out.set_sequence(certified.sequence);
  *out.mutable_certified_at() = ToProto(certified.certified_at);
  for (const std::int32_t candidate_no : certification.elected_candidate_nos) {
    out.add_elected_candidate_ids(contest.candidates[Index(candidate_no)].id);
  }
  out.set_reason(certification.reason);
  ToProto(certification.documents, out.mutable_documents());
  return out;
}

// Sets the fields that every result has.
v1::Result Frame(const election::Definition& definition, const ResultQuestion& question) {
  v1::Result result;
  result.set_election_id(definition.election().id);
  result.set_contest_id(definition.contests()[Index(question.contest_no)].id);
  result.set_source_id(definition.sources()[Index(question.source_no)].id);
  result.set_area_id(question.station_no >= 0 ? definition.stations()[Index(question.station_no)].id
                                              : definition.areas()[Index(question.area_no)].id);
  result.set_tag(std::string(question.tag));
  for (const auto& [language, text] : definition.election().notices) {
    (*result.mutable_notices())[language] = text;
  }
  result.set_rehearsal(definition.election().rehearsal.value_or(false));
  return result;
}

void SetTally(const election::Definition& definition, const ResultQuestion& question,
              const election::Tally& tally, v1::Result* result) {
  const election::Contest& contest = definition.contests()[Index(question.contest_no)];
  const election::Source& source = definition.sources()[Index(question.source_no)];
  result->set_stations_flagged(tally.flagged);
  if (source.kind == election::SourceKind::kExitPoll) {
    SetInterviewFigures(contest, source, tally, result);
  } else {
    SetBallotFigures(contest, tally, result);
  }
}

// Returns the current figures. Published poll figures exist only for whole areas.
ResultFigures FiguresOf(const election::Count& count, const ResultQuestion& question) {
  ResultFigures figures{.tally = TallyOf(count, question), .progress = ProgressOf(count, question)};
  figures.status = StatusOf(count, question, figures.progress);
  figures.certified = count.FindCertified(question.contest_no, question.source_no);
  if (question.station_no >= 0 || !question.tag.empty()) return figures;
  const election::PublishedPoll* const poll =
      count.FindPoll(question.contest_no, question.source_no, question.area_no);
  if (poll != nullptr) figures.published = &poll->figures;
  return figures;
}

void SetPublished(const election::Definition& definition, const election::PollFigures& published,
                  v1::Result* result) {
  const election::Contest& contest = definition.contests()[Index(published.contest_no)];
  *result->mutable_poll_figures() = ToProto(definition, published);
  SetPublishedFigures(contest, published, result);
  result->set_status(published.retracted || published.shares.empty()
                         ? v1::RESULT_STATUS_PRE_ELECTION
                         : v1::RESULT_STATUS_UNOFFICIAL_COMPLETE);
}

[[maybe_unused]] bool NamesParts(const ResultQuestion& question,
                                 const election::Definition& definition) {
  return question.contest_no >= 0 && question.source_no >= 0 && question.area_no >= 0 &&
         std::cmp_less(question.contest_no, definition.contests().size()) &&
         std::cmp_less(question.source_no, definition.sources().size()) &&
         std::cmp_less(question.area_no, definition.areas().size()) &&
         std::cmp_less(question.station_no, definition.stations().size());
}

}  // namespace

v1::AsOf AsOfOf(const ledger::ElectionLedger& ledger, std::string_view ledger_id,
                absl::Time confirmed_at) {
  v1::AsOf as_of;
  as_of.set_sequence(ledger.sequence());
  if (ledger.sequence() > 0) *as_of.mutable_recorded_at() = ToProto(ledger.recorded_at());
  *as_of.mutable_confirmed_at() = ToProto(confirmed_at);
  as_of.set_ledger_id(std::string(ledger_id));
  as_of.set_root_hash(ledger::ToHex(ledger.log().Root()));
  return as_of;
}

v1::Result ResultOf(const ledger::ElectionLedger& ledger, const ResultQuestion& question,
                    const v1::AsOf& as_of) {
  assert(ledger.count().defined() && NamesParts(question, ledger.count().definition()));
  return ResultOf(ledger, question, FiguresOf(ledger.count(), question), as_of);
}

v1::Result ResultOf(const ledger::ElectionLedger& ledger, const ResultQuestion& question,
                    const ResultFigures& figures, const v1::AsOf& as_of) {
  const election::Definition& definition = ledger.count().definition();
  v1::Result result = Frame(definition, question);
  *result.mutable_as_of() = as_of;
  if (figures.certified != nullptr) {
    *result.mutable_certification() =
        CertificationOf(definition.contests()[Index(question.contest_no)], *figures.certified);
  }
  if (figures.published != nullptr && figures.tally.reports == 0) {
    SetPublished(definition, *figures.published, &result);
    return result;
  }
  result.set_status(ToProto(figures.status));
  *result.mutable_progress() = ToProto(figures.progress);
  SetTally(definition, question, figures.tally, &result);
  return result;
}

v1::Result CertifiedResultOf(const ledger::ElectionLedger& ledger, int contest_no, int source_no,
                             const v1::AsOf& as_of) {
  const election::Count& count = ledger.count();
  assert(count.FindCertified(contest_no, source_no) != nullptr);
  v1::Result result =
      CertifiedResultOf(count.definition(), *count.FindCertified(contest_no, source_no));
  *result.mutable_as_of() = as_of;
  return result;
}

v1::Result CertifiedResultOf(const election::Definition& definition,
                             const election::Certified& certified) {
  const election::ResultCertification& certification = certified.certification;
  const ResultQuestion question = {.contest_no = certification.contest_no,
                                   .source_no = certification.source_no,
                                   .area_no = definition.AreaOfContest(certification.contest_no)};
  v1::Result result = Frame(definition, question);
  result.mutable_as_of()->set_sequence(certification.certified_sequence);
  *result.mutable_certification() =
      CertificationOf(definition.contests()[Index(question.contest_no)], certified);
  result.set_status(v1::RESULT_STATUS_CERTIFIED);
  *result.mutable_progress() = ToProto(certification.progress);
  SetTally(definition, question, certification.tally, &result);
  return result;
}

v1::Progress ToProto(const election::Progress& progress) {
  v1::Progress out;
  out.set_stations_expected(progress.expected);
  out.set_stations_counted(progress.counted);
  out.set_stations_annulled(progress.annulled);
  out.set_stations_held(progress.held);
  out.set_stations_missing(progress.missing());
  out.set_stations_closed(progress.closed);
  out.set_percent(
      election::ProgressPercent(progress.counted + progress.annulled, progress.expected));
  out.set_registered_voters_expected(progress.registered_expected);
  out.set_registered_voters_counted(progress.registered_counted);
  out.set_registered_voters_percent(
      election::ProgressPercent(progress.registered_counted, progress.registered_expected));
  return out;
}

v1::ResultStatus ToProto(election::ResultStatus status) {
  return static_cast<v1::ResultStatus>(status);
}

}  // namespace canvass::rpc
