#include "common/election/report_check.h"

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/base/microseconds.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/finding_list.h"
#include "common/election/numbers_check.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/standing.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

// Returns `found`, the number of the part that the report names. Adds a finding if it is absent.
std::optional<std::int32_t> Identify(Rule rule, std::string_view field, const std::string& id,
                                     std::optional<int> found, FindingList& findings) {
  if (!found) findings.Add({.rule = rule, .field = std::string(field), .subject = id});
  return found;
}

// Returns the numbers of the contest, source and station of the report; nullopt if one of them or
// the election is unknown.
std::optional<StationKey> IdentifyStation(const Definition& definition, const StationReport& report,
                                          FindingList& findings) {
  const bool election_known = report.election_id == definition.election().id;
  if (!election_known) {
    findings.Add(
        {.rule = Rule::kElectionUnknown, .field = "election_id", .subject = report.election_id});
    return std::nullopt;
  }
  const auto contest_no =
      Identify(Rule::kContestUnknown, "contest_id", report.contest_id,
               report.contest_id.empty() ? definition.OnlyContest()
                                         : definition.FindContest(report.contest_id),
               findings);
  const auto source_no =
      Identify(Rule::kSourceUnknown, "source_id", report.source_id,
               report.source_id.empty() ? definition.OnlyOfficialSource()
                                        : definition.FindSource(report.source_id),
               findings);
  const auto station_no = Identify(Rule::kStationUnknown, "station_id", report.station_id,
                                   definition.FindStation(report.station_id), findings);
  if (!contest_no || !source_no || !station_no) return std::nullopt;
  return StationKey{.contest_no = *contest_no, .source_no = *source_no, .station_no = *station_no};
}

// Checks whether the station should report at all in this contest and from this source.
void CheckStation(const Definition& definition, const StationKey& key, FindingList& findings) {
  const std::string& station_id = definition.stations()[Index(key.station_no)].id;
  const std::string& sample_tag = definition.sources()[Index(key.source_no)].sample_tag;
  const bool in_area = definition.IsWithin(definition.AreaOfStation(key.station_no),
                                           definition.AreaOfContest(key.contest_no));
  const bool in_sample = definition.IsInSample(key.station_no, sample_tag);
  if (!in_area || !in_sample) {
    findings.Add(
        {.rule = Rule::kStationNotInContest, .field = "station_id", .subject = station_id});
  }
  const int counted_at = definition.CountedAt(key.station_no);
  if (counted_at != key.station_no) {
    findings.Add({.rule = Rule::kStationCountedElsewhere,
                  .field = "station_id",
                  .subject = definition.stations()[Index(counted_at)].id});
  }
  if (definition.IsClosed(key.station_no)) {
    findings.Add({.rule = Rule::kStationClosed, .field = "station_id", .subject = station_id});
  }
}

void CheckPaper(const StationReport& report, FindingList& findings) {
  for (TextFault& fault : CheckTexts(report.reason, report.documents)) {
    findings.Add({.rule = Rule::kTextInvalid,
                  .field = std::move(fault.field),
                  .numbers = std::move(fault.numbers)});
  }
}

void CheckRevision(const StationReport& report, FindingList& findings) {
  if (report.revision < 1) {
    findings.Add({.rule = Rule::kRevisionInvalid,
                  .field = "revision",
                  .numbers = {{"revision", report.revision}}});
  }
  if (report.revision > 1 && IsBlank(report.reason)) {
    findings.Add({.rule = Rule::kCorrectionReasonMissing,
                  .field = "reason",
                  .numbers = {{"revision", report.revision}}});
  }
}

void CheckPollsClosed(const Definition& definition, SourceKind kind, absl::Time now,
                      FindingList& findings) {
  const std::optional<absl::Time>& polls_close_at = definition.policy().polls_close_at;
  if (kind != SourceKind::kOfficial || !polls_close_at || now >= *polls_close_at) return;
  findings.Add({.rule = Rule::kPollsNotClosed,
                .field = "contest_id",
                .numbers = {{"polls_close_at", absl::ToUnixSeconds(*polls_close_at)}}});
}

Counts CheckCount(const Definition& definition, const StationKey& key, SourceKind kind,
                  const StationReport& report, FindingList& findings) {
  const bool interviews_wanted = kind == SourceKind::kExitPoll;
  if (const auto* const ballots = std::get_if<BallotCount>(&report.count);
      ballots != nullptr && !interviews_wanted) {
    return CheckBallots(definition, key, kind, *ballots, findings);
  }
  if (const auto* const interviews = std::get_if<InterviewCount>(&report.count);
      interviews != nullptr && interviews_wanted) {
    return CheckInterviews(definition, key, *interviews, findings);
  }
  findings.Add(
      {.rule = Rule::kCountKindMismatch, .field = interviews_wanted ? "interviews" : "ballots"});
  return {};
}

// Rounds to the precision of the ledger.
std::optional<absl::Time> InWholeMicros(std::optional<absl::Time> time) {
  if (!time) return std::nullopt;
  return InMicroseconds(*time);
}

void CheckRevisionIsNext(const StationStanding& standing, std::int32_t revision,
                         FindingList& findings) {
  const bool taken = revision <= standing.newest_revision;
  const bool gap = revision > std::int64_t{standing.newest_revision} + 1;
  if (!taken && !gap) return;
  findings.Add(
      {.rule = taken ? Rule::kRevisionConflict : Rule::kRevisionGap,
       .field = "revision",
       .numbers = {{"revision", revision}, {"newest_revision", standing.newest_revision}}});
}

}  // namespace

void Conclude(FindingList findings, CheckedReport& checked) {
  checked.findings = findings.Take();
  checked.outcome = HighestSeverity(checked.findings);
  checked.recorded.held = checked.outcome == Severity::kHold;
  checked.recorded.findings = checked.findings;
}

CheckedReport CheckReport(const Definition& definition, const StationReport& report,
                          absl::Time now) {
  CheckedReport checked;
  FindingList findings(definition.policy());
  if (const std::optional<StationKey> key = IdentifyStation(definition, report, findings)) {
    const SourceKind kind = definition.sources()[Index(key->source_no)].kind;
    CheckStation(definition, *key, findings);
    CheckRevision(report, findings);
    CheckPaper(report, findings);
    for (const Finding& fault : report.message_faults) findings.Add(fault);
    CheckPollsClosed(definition, kind, now, findings);
    checked.identified = true;
    checked.recorded = {.key = *key,
                        .revision = report.revision,
                        .reason = report.reason,
                        .counts = CheckCount(definition, *key, kind, report, findings),
                        .counted_at = InWholeMicros(report.counted_at),
                        .documents = report.documents};
  }
  Conclude(std::move(findings), checked);
  return checked;
}

void CheckAgainstCount(const Count& count, CheckedReport& checked) {
  assert(checked.identified);
  FindingList findings(count.definition().policy());
  for (Finding& finding : checked.findings) findings.Add(std::move(finding));
  const ReportRecorded& report = checked.recorded;
  if (count.IsCertified(report.key.contest_no, report.key.source_no)) {
    findings.Add({.rule = Rule::kContestCertified, .field = "contest_id"});
  }
  const StationStanding standing = count.StandingOf(report.key);
  // After a later revision is released, the annulment does not apply to further revisions.
  const bool annulled = standing.annulment_sequence != 0 && !standing.expected_again &&
                        standing.counting_revision == 0;
  if (annulled && report.revision > standing.newest_revision) {
    findings.Add({.rule = Rule::kReportAnnulled,
                  .field = "revision",
                  .numbers = {{"revision", report.revision},
                              {"annulled_revision", standing.annulled_revision}}});
  }
  if (report.revision >= 1) CheckRevisionIsNext(standing, report.revision, findings);
  Conclude(std::move(findings), checked);
}

}  // namespace canvass::election
