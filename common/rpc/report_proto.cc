#include "common/rpc/report_proto.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/message.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/message_faults.h"

namespace canvass::rpc {
namespace {

using google::protobuf::RepeatedPtrField;

// How long a submitter should wait before it resends a revision that arrived before its
// predecessor.
constexpr int kRevisionGapRetryMs = 1'000;

std::vector<election::CandidateCount> FromProto(
    const RepeatedPtrField<v1::CandidateCount>& counts) {
  std::vector<election::CandidateCount> out;
  out.reserve(static_cast<std::size_t>(counts.size()));
  for (const v1::CandidateCount& count : counts) {
    election::CandidateCount& each = out.emplace_back();
    each.candidate_id = count.candidate_id();
    if (count.has_count()) each.count = count.count();
  }
  return out;
}

election::BallotCount FromProto(const v1::BallotCount& ballots) {
  election::BallotCount out;
  if (ballots.has_registered_voters()) out.registered_voters = ballots.registered_voters();
  if (ballots.has_ballots_issued()) out.ballots_issued = ballots.ballots_issued();
  if (ballots.has_ballots_cast()) out.ballots_cast = ballots.ballots_cast();
  if (ballots.has_blank_votes()) out.blank_votes = ballots.blank_votes();
  if (ballots.has_invalid_votes()) out.invalid_votes = ballots.invalid_votes();
  out.votes = FromProto(ballots.votes());
  return out;
}

election::InterviewCount FromProto(const v1::InterviewCount& interviews) {
  election::InterviewCount out;
  if (interviews.has_asked()) out.asked = interviews.asked();
  if (interviews.has_refused()) out.refused = interviews.refused();
  if (interviews.has_undecided()) out.undecided = interviews.undecided();
  out.answers = FromProto(interviews.answers());
  return out;
}

void WriteCounts(const std::vector<election::CandidateCount>& counts,
                 RepeatedPtrField<v1::CandidateCount>* out) {
  out->Reserve(static_cast<int>(counts.size()));
  for (const election::CandidateCount& count : counts) {
    v1::CandidateCount& each = *out->Add();
    each.set_candidate_id(count.candidate_id);
    if (count.count) each.set_count(*count.count);
  }
}

void WriteBallots(const election::BallotCount& ballots, v1::BallotCount* out) {
  if (ballots.registered_voters) out->set_registered_voters(*ballots.registered_voters);
  if (ballots.ballots_issued) out->set_ballots_issued(*ballots.ballots_issued);
  if (ballots.ballots_cast) out->set_ballots_cast(*ballots.ballots_cast);
  if (ballots.blank_votes) out->set_blank_votes(*ballots.blank_votes);
  if (ballots.invalid_votes) out->set_invalid_votes(*ballots.invalid_votes);
  WriteCounts(ballots.votes, out->mutable_votes());
}

void WriteInterviews(const election::InterviewCount& interviews, v1::InterviewCount* out) {
  if (interviews.asked) out->set_asked(*interviews.asked);
  if (interviews.refused) out->set_refused(*interviews.refused);
  if (interviews.undecided) out->set_undecided(*interviews.undecided);
  WriteCounts(interviews.answers, out->mutable_answers());
}

// Returns a recorded number, or nullopt if the report did not give it.
std::optional<std::int64_t> Known(std::int32_t number) {
  if (number == election::kUnknown) return std::nullopt;
  return number;
}

// Returns recorded numbers with the ids of the contest's candidates.
std::vector<election::CandidateCount> CandidateCountsOf(const election::Contest& contest,
                                                        const std::vector<std::int32_t>& votes) {
  std::vector<election::CandidateCount> out;
  for (std::size_t i = 0; i < votes.size() && i < contest.candidates.size(); ++i) {
    if (votes[i] == election::kUnknown) continue;
    out.push_back({.candidate_id = contest.candidates[i].id, .count = votes[i]});
  }
  return out;
}

void WriteCounts(const election::Contest& contest, const election::Counts& counts,
                 v1::StationReport* out) {
  if (counts.interviews) {
    WriteInterviews(election::InterviewCount{.asked = Known(counts.asked),
                                             .refused = Known(counts.refused),
                                             .undecided = Known(counts.undecided),
                                             .answers = CandidateCountsOf(contest, counts.votes)},
                    out->mutable_interviews());
  } else {
    WriteBallots(election::BallotCount{.registered_voters = Known(counts.registered_voters),
                                       .ballots_issued = Known(counts.ballots_issued),
                                       .ballots_cast = Known(counts.ballots_cast),
                                       .blank_votes = Known(counts.blank_votes),
                                       .invalid_votes = Known(counts.invalid_votes),
                                       .votes = CandidateCountsOf(contest, counts.votes)},
                 out->mutable_ballots());
  }
}

// Returns the finding that gives a refusal its reason: the first one with severity REJECT. Returns
// null if there is none.
const v1::Finding* GravestOf(const v1::Receipt& receipt) {
  const auto& findings = receipt.findings();
  const auto gravest = std::find_if(findings.begin(), findings.end(), [](const v1::Finding& each) {
    return each.severity() == v1::SEVERITY_REJECT;
  });
  return gravest == findings.end() ? nullptr : &*gravest;
}

FieldViolation ViolationOf(const v1::Finding& finding) {
  return {.field = finding.field().empty() ? "report" : StrCat("report.", finding.field()),
          .description = StrCat(finding.rule(), ": ", finding.message())};
}

}  // namespace

const election::Contest& ContestOf(const election::Definition& definition,
                                   std::int32_t contest_no) {
  return definition.contests()[static_cast<std::size_t>(contest_no)];
}

const std::string& SourceIdOf(const election::Definition& definition, std::int32_t source_no) {
  return definition.sources()[static_cast<std::size_t>(source_no)].id;
}

absl::StatusOr<std::vector<std::string_view>> SplitReports(std::string_view request,
                                                           const google::protobuf::Message& type,
                                                           int number, std::size_t reports_max) {
  auto reports = SplitMessages(request, number);
  if (!reports) return MalformedMessage(type);
  if (reports->size() > reports_max) {
    return FieldError(reason::kTooManyReports, "reports",
                      StrCat("has ", reports->size(), " reports; the limit is ", reports_max));
  }
  return *std::move(reports);
}

election::StationReport FromProto(const v1::StationReport& report) {
  election::StationReport out;
  out.election_id = report.election_id();
  out.contest_id = report.contest_id();
  out.source_id = report.source_id();
  out.station_id = report.station_id();
  out.revision = report.revision() == 0 ? 1 : report.revision();
  out.reason = report.reason();
  if (report.has_ballots()) out.count = FromProto(report.ballots());
  if (report.has_interviews()) out.count = FromProto(report.interviews());
  if (report.has_counted_at()) out.counted_at = FromProto(report.counted_at());
  out.documents = FromProto(report.documents());
  out.message_faults = FindReportFaults(report);
  return out;
}

v1::StationReport ToProto(const election::StationReport& report) {
  v1::StationReport out;
  out.set_election_id(report.election_id);
  out.set_contest_id(report.contest_id);
  out.set_source_id(report.source_id);
  out.set_station_id(report.station_id);
  out.set_revision(report.revision);
  out.set_reason(report.reason);
  if (const auto* const ballots = std::get_if<election::BallotCount>(&report.count)) {
    WriteBallots(*ballots, out.mutable_ballots());
  }
  if (const auto* const interviews = std::get_if<election::InterviewCount>(&report.count)) {
    WriteInterviews(*interviews, out.mutable_interviews());
  }
  if (report.counted_at) *out.mutable_counted_at() = ToProto(*report.counted_at);
  ToProto(report.documents, out.mutable_documents());
  return out;
}

v1::StationReport ToProto(const election::Definition& definition,
                          const election::ReportRecorded& report) {
  v1::StationReport out;
  const v1::ReportKey key = ToProto(definition, report.key, report.revision);
  out.set_election_id(key.election_id());
  out.set_contest_id(key.contest_id());
  out.set_source_id(key.source_id());
  out.set_station_id(key.station_id());
  out.set_revision(report.revision);
  out.set_reason(report.reason);
  WriteCounts(ContestOf(definition, report.key.contest_no), report.counts, &out);
  if (report.counted_at) *out.mutable_counted_at() = ToProto(*report.counted_at);
  ToProto(report.documents, out.mutable_documents());
  return out;
}

election::ReportKey FromProto(const v1::ReportKey& key) {
  return {.election_id = key.election_id(),
          .contest_id = key.contest_id(),
          .source_id = key.source_id(),
          .station_id = key.station_id(),
          .revision = key.revision()};
}

v1::ReportKey ToProto(const election::ReportKey& key) {
  v1::ReportKey out;
  out.set_election_id(key.election_id);
  out.set_contest_id(key.contest_id);
  out.set_source_id(key.source_id);
  out.set_station_id(key.station_id);
  out.set_revision(key.revision);
  return out;
}

v1::ReportKey ToProto(const election::Definition& definition, const election::StationKey& key,
                      std::int32_t revision) {
  v1::ReportKey out;
  out.set_election_id(definition.election().id);
  out.set_contest_id(ContestOf(definition, key.contest_no).id);
  out.set_source_id(SourceIdOf(definition, key.source_no));
  out.set_station_id(definition.stations()[static_cast<std::size_t>(key.station_no)].id);
  out.set_revision(revision);
  return out;
}

v1::Finding ToProto(const election::Finding& finding) {
  v1::Finding out;
  out.set_rule(std::string(election::RuleName(finding.rule)));
  out.set_severity(ToProto(finding.severity));
  out.set_field(finding.field);
  for (const auto& [name, number] : finding.numbers) (*out.mutable_numbers())[name] = number;
  out.set_message(election::MessageOf(finding));
  return out;
}

v1::Severity ToProto(election::Severity severity) { return static_cast<v1::Severity>(severity); }

election::Severity FromProto(v1::Severity severity) {
  if (!v1::Severity_IsValid(severity)) return election::Severity::kUnspecified;
  return static_cast<election::Severity>(severity);
}

std::vector<election::Document> FromProto(const RepeatedPtrField<v1::Document>& documents) {
  std::vector<election::Document> out;
  for (const v1::Document& document : documents) {
    out.push_back({.sha256 = document.sha256(), .uri = document.uri()});
  }
  return out;
}

void ToProto(const std::vector<election::Document>& documents,
             RepeatedPtrField<v1::Document>* out) {
  for (const election::Document& document : documents) {
    v1::Document& each = *out->Add();
    each.set_sha256(document.sha256);
    each.set_uri(document.uri);
  }
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  const absl::Time within = std::clamp(time, absl::FromUnixSeconds(kTimestampSecondsMin),
                                       absl::FromUnixSeconds(kTimestampSecondsMax));
  google::protobuf::Timestamp out;
  out.set_seconds(absl::ToUnixSeconds(within));
  const absl::Duration rest = within - absl::FromUnixSeconds(out.seconds());
  out.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
  return out;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  const absl::Duration nanos = absl::Nanoseconds(std::clamp(time.nanos(), 0, kTimestampNanosMax));
  const std::int64_t seconds =
      std::clamp(time.seconds(), kTimestampSecondsMin, kTimestampSecondsMax);
  return absl::FromUnixSeconds(seconds) + absl::Trunc(nanos, absl::Microseconds(1));
}

absl::Status RefusalError(const v1::Receipt& receipt) {
  const v1::Finding* const gravest = GravestOf(receipt);
  if (gravest == nullptr) {
    return MakeError(reason::kReportRefused, "The report was refused.");
  }
  ErrorDetail detail = {.reason = gravest->rule()};
  for (const v1::Finding& finding : receipt.findings()) {
    detail.violations.push_back(ViolationOf(finding));
  }
  for (const auto& [name, number] : gravest->numbers()) {
    detail.metadata.emplace_back(name, StrCat(number));
  }
  std::sort(detail.metadata.begin(), detail.metadata.end());
  const std::optional<election::Rule> rule = election::FindRule(gravest->rule());
  if (rule == election::Rule::kRevisionGap) detail.retry_after_ms = kRevisionGapRetryMs;
  const std::size_t others = detail.violations.size() - 1;
  return ErrorWithDetail(
      rule ? election::CodeOf(*rule) : absl::StatusCode::kInvalidArgument,
      others == 0 ? gravest->message() : StrCat(gravest->message(), " (and ", others, " more)"),
      detail);
}

v1::PollFigures ToProto(const election::Definition& definition,
                        const election::PollFigures& figures) {
  const election::Contest& contest = ContestOf(definition, figures.contest_no);
  v1::PollFigures out;
  out.set_election_id(definition.election().id);
  out.set_contest_id(contest.id);
  out.set_source_id(SourceIdOf(definition, figures.source_no));
  out.set_area_id(definition.areas()[static_cast<std::size_t>(figures.area_no)].id);
  out.set_revision(figures.revision);
  out.set_reason(figures.reason);
  out.set_retracted(figures.retracted);
  for (const election::PollShare& share : figures.shares) {
    v1::PollShare& each = *out.add_shares();
    each.set_candidate_id(contest.candidates[static_cast<std::size_t>(share.candidate_no)].id);
    each.set_share_percent(share.share_percent);
  }
  if (figures.sample_size) out.set_sample_size(*figures.sample_size);
  out.set_margin_of_error_points(figures.margin_of_error_points);
  if (figures.published_at) *out.mutable_published_at() = ToProto(*figures.published_at);
  ToProto(figures.documents, out.mutable_documents());
  return out;
}

election::PollFiguresRequest FromProto(const v1::PollFigures& figures) {
  election::PollFiguresRequest out;
  out.contest_id = figures.contest_id();
  out.source_id = figures.source_id();
  out.area_id = figures.area_id();
  for (const v1::PollShare& share : figures.shares()) {
    out.shares.push_back(
        {.candidate_id = share.candidate_id(), .share_percent = share.share_percent()});
  }
  out.figures.revision = figures.revision() == 0 ? 1 : figures.revision();
  out.figures.reason = figures.reason();
  out.figures.retracted = figures.retracted();
  if (figures.has_sample_size()) out.figures.sample_size = figures.sample_size();
  out.figures.margin_of_error_points = figures.margin_of_error_points();
  if (figures.has_published_at()) out.figures.published_at = FromProto(figures.published_at());
  out.figures.documents = FromProto(figures.documents());
  return out;
}

}  // namespace canvass::rpc
