#include "tests/support/report_builder.h"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/election/report.h"

namespace canvass::testing {

ReportBuilder::ReportBuilder() {
  report_.election_id = "e-1";
  report_.contest_id = "president";
  report_.source_id = "cec";
  report_.station_id = "s-1";
  ballots_ = {.registered_voters = 200,
              .ballots_issued = 100,
              .ballots_cast = 100,
              .blank_votes = 2,
              .invalid_votes = 2,
              .votes = {{"a", 60}, {"b", 30}, {"c", 6}}};
}

ReportBuilder& ReportBuilder::WithElection(std::string id) {
  report_.election_id = std::move(id);
  return *this;
}

ReportBuilder& ReportBuilder::WithContest(std::string id) {
  report_.contest_id = std::move(id);
  return *this;
}

ReportBuilder& ReportBuilder::WithSource(std::string id) {
  report_.source_id = std::move(id);
  return *this;
}

ReportBuilder& ReportBuilder::WithStation(std::string id) {
  report_.station_id = std::move(id);
  return *this;
}

ReportBuilder& ReportBuilder::WithRevision(std::int32_t revision) {
  report_.revision = revision;
  if (revision > 1) report_.reason = "Recounted";
  return *this;
}

ReportBuilder& ReportBuilder::WithReason(std::string reason) {
  report_.reason = std::move(reason);
  return *this;
}

ReportBuilder& ReportBuilder::WithRegistered(std::optional<std::int64_t> number) {
  ballots_.registered_voters = number;
  return *this;
}

ReportBuilder& ReportBuilder::WithIssued(std::optional<std::int64_t> number) {
  ballots_.ballots_issued = number;
  return *this;
}

ReportBuilder& ReportBuilder::WithCast(std::optional<std::int64_t> number) {
  ballots_.ballots_cast = number;
  return *this;
}

ReportBuilder& ReportBuilder::WithBlank(std::optional<std::int64_t> number) {
  ballots_.blank_votes = number;
  return *this;
}

ReportBuilder& ReportBuilder::WithInvalid(std::optional<std::int64_t> number) {
  ballots_.invalid_votes = number;
  return *this;
}

ReportBuilder& ReportBuilder::WithVotes(std::vector<election::CandidateCount> votes) {
  ballots_.votes = std::move(votes);
  return *this;
}

ReportBuilder& ReportBuilder::WithBalancedVotes(const std::vector<std::int64_t>& votes) {
  ballots_.votes.clear();
  for (std::size_t i = 0; i < votes.size(); ++i) {
    ballots_.votes.push_back({std::string(1, static_cast<char>('a' + i)), votes[i]});
  }
  ballots_.ballots_cast = std::accumulate(votes.begin(), votes.end(), std::int64_t{0}) +
                          ballots_.blank_votes.value_or(0) + ballots_.invalid_votes.value_or(0);
  ballots_.ballots_issued = ballots_.ballots_cast;
  return *this;
}

ReportBuilder& ReportBuilder::WithDocument(election::Document document) {
  report_.documents.push_back(std::move(document));
  return *this;
}

election::StationReport ReportBuilder::Build() const {
  election::StationReport report = report_;
  report.count = ballots_;
  return report;
}

InterviewReportBuilder::InterviewReportBuilder() {
  report_.election_id = "e-1";
  report_.contest_id = "president";
  report_.source_id = "poll";
  report_.station_id = "s-1";
  interviews_ = {
      .asked = 100, .refused = 20, .undecided = 5, .answers = {{"a", 50}, {"b", 20}, {"c", 5}}};
}

InterviewReportBuilder& InterviewReportBuilder::WithSource(std::string id) {
  report_.source_id = std::move(id);
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithStation(std::string id) {
  report_.station_id = std::move(id);
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithRevision(std::int32_t revision) {
  report_.revision = revision;
  if (revision > 1) report_.reason = "Weights left out";
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithAsked(std::optional<std::int64_t> number) {
  interviews_.asked = number;
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithRefused(std::optional<std::int64_t> number) {
  interviews_.refused = number;
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithUndecided(std::optional<std::int64_t> number) {
  interviews_.undecided = number;
  return *this;
}

InterviewReportBuilder& InterviewReportBuilder::WithAnswers(
    std::vector<election::CandidateCount> answers) {
  interviews_.answers = std::move(answers);
  return *this;
}

election::StationReport InterviewReportBuilder::Build() const {
  election::StationReport report = report_;
  report.count = interviews_;
  return report;
}

}  // namespace canvass::testing
