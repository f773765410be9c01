#include "services/canvass/import/checked_sheet.h"

#include <algorithm>
#include <string>

#include "common/base/index.h"
#include "common/election/definition_check.h"
#include "common/election/report_check.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

// For a first definition, which has no reports yet.
class NothingCounted final : public election::CountedParts {
 public:
  bool HasReportsOfContest(int /*contest_no*/) const override { return false; }
  bool HasReportsFromSource(int /*source_no*/) const override { return false; }
  bool HasReportsOfStation(int /*station_no*/) const override { return false; }
  bool HasCountingOrHeldReportOf(int /*station_no*/) const override { return false; }
};

std::optional<std::int64_t> Given(std::int64_t number) {
  if (number == kNotGiven) return std::nullopt;
  return number;
}

election::StationReport ReportOf(const election::Definition& definition,
                                 const StationNumbers& numbers) {
  election::BallotCount ballots = {.registered_voters = Given(numbers.registered),
                                   .ballots_issued = Given(numbers.issued),
                                   .ballots_cast = Given(numbers.cast),
                                   .blank_votes = Given(numbers.blank),
                                   .invalid_votes = Given(numbers.invalid)};
  const std::vector<election::Candidate>& candidates = definition.contests().front().candidates;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    ballots.votes.push_back({.candidate_id = candidates[i].id, .count = Given(numbers.votes[i])});
  }
  return {.election_id = definition.election().id,
          .contest_id = definition.contests().front().id,
          .source_id = definition.sources().front().id,
          .station_id = definition.stations()[Index(numbers.station_no)].id,
          .revision = 1,
          .count = std::move(ballots),
          .counted_at = numbers.counted_at};
}

RowFault FaultOf(const election::Finding& finding) {
  std::vector<std::string> numbers;
  numbers.reserve(finding.numbers.size());
  for (const auto& [name, number] : finding.numbers)
    numbers.push_back(fmt::format("{}={}", name, number));
  return {.rule = std::string(election::RuleName(finding.rule)),
          .field = finding.field,
          .numbers = fmt::format("{}", fmt::join(numbers, " ")),
          .message = election::MessageOf(finding)};
}

void CheckReports(std::vector<StationNumbers> reports, absl::Time now, CheckedSheet& checked) {
  for (StationNumbers& numbers : reports) {
    election::CheckedReport report =
        election::CheckReport(checked.definition, ReportOf(checked.definition, numbers), now);
    for (const election::Finding& finding : report.findings) {
      ++checked.findings[{finding.rule, finding.severity}];
    }
    if (report.outcome == election::Severity::kReject) {
      Rejection rejection = {.rows = std::move(numbers.rows), .station_no = numbers.station_no};
      for (const election::Finding& finding : report.findings) {
        if (finding.severity != election::Severity::kReject)
          continue;  // does not cause the rejection
        rejection.faults.push_back(FaultOf(finding));
      }
      checked.rejections.push_back(std::move(rejection));
      continue;
    }
    checked.stations.push_back({.station_no = numbers.station_no,
                                .rows = std::move(numbers.rows),
                                .counts = std::move(report.recorded.counts),
                                .counted_at = report.recorded.counted_at,
                                .held = report.outcome == election::Severity::kHold});
  }
}

}  // namespace

absl::StatusOr<CheckedSheet> CheckStationSheet(StationSheet sheet, absl::Time now) {
  absl::StatusOr<election::DefinitionChange> change =
      election::CheckDefinitionChange(nullptr, NothingCounted(), std::move(sheet.definition));
  if (!change.ok()) return change.status();
  CheckedSheet checked;
  checked.change = *std::move(change);
  checked.definition.Apply(checked.change);
  checked.rejections = std::move(sheet.rejections);
  checked.notes = std::move(sheet.notes);
  checked.rows = sheet.rows;
  CheckReports(std::move(sheet.reports), now, checked);
  std::stable_sort(checked.rejections.begin(), checked.rejections.end(), ComesBefore);
  return checked;
}

election::Counts CountsOf(const election::Definition& definition,
                          const election::StationReport& report) {
  return election::CheckReport(definition, report, absl::InfiniteFuture()).recorded.counts;
}

}  // namespace canvass::cli
