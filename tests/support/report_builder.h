#ifndef CANVASS_TESTS_SUPPORT_REPORT_BUILDER_H_
#define CANVASS_TESTS_SUPPORT_REPORT_BUILDER_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/election/report.h"

namespace canvass::testing {

// A report of ballots: by default of station "s-1" to the election of DefinitionBuilder, clean:
//   votes 60, 30, 6; 2 blank, 2 invalid, 100 cast, 100 issued, 200 registered.
class ReportBuilder {
 public:
  ReportBuilder();

  ReportBuilder& WithElection(std::string id);
  ReportBuilder& WithContest(std::string id);
  ReportBuilder& WithSource(std::string id);
  ReportBuilder& WithStation(std::string id);
  // From revision 2 with a reason.
  ReportBuilder& WithRevision(std::int32_t revision);
  ReportBuilder& WithReason(std::string reason);
  ReportBuilder& WithRegistered(std::optional<std::int64_t> number);
  ReportBuilder& WithIssued(std::optional<std::int64_t> number);
  ReportBuilder& WithCast(std::optional<std::int64_t> number);
  ReportBuilder& WithBlank(std::optional<std::int64_t> number);
  ReportBuilder& WithInvalid(std::optional<std::int64_t> number);
  ReportBuilder& WithVotes(std::vector<election::CandidateCount> votes);
  // Votes of candidates "a", "b", ... and as many ballots, cast and issued, as fit them.
  ReportBuilder& WithBalancedVotes(const std::vector<std::int64_t>& votes);
  ReportBuilder& WithDocument(election::Document document);

  election::StationReport Build() const;

 private:
  election::StationReport report_;
  election::BallotCount ballots_;
};

// A report of interviews by source "poll", clean: 100 asked, 20 refused, 5 undecided, answers 50,
// 20, 5.
class InterviewReportBuilder {
 public:
  InterviewReportBuilder();

  InterviewReportBuilder& WithSource(std::string id);
  InterviewReportBuilder& WithStation(std::string id);
  InterviewReportBuilder& WithRevision(std::int32_t revision);
  InterviewReportBuilder& WithAsked(std::optional<std::int64_t> number);
  InterviewReportBuilder& WithRefused(std::optional<std::int64_t> number);
  InterviewReportBuilder& WithUndecided(std::optional<std::int64_t> number);
  InterviewReportBuilder& WithAnswers(std::vector<election::CandidateCount> answers);

  election::StationReport Build() const;

 private:
  election::StationReport report_;
  election::InterviewCount interviews_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_REPORT_BUILDER_H_
