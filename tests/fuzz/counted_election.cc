#include "tests/fuzz/counted_election.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/encoding.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/report_proto.h"
#include "tests/fuzz/target.h"
#include "tests/support/definition_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/report_builder.h"

namespace canvass::fuzz {
namespace {

using testing::InterviewReportBuilder;
using testing::ReportBuilder;
namespace aggregator_v1 = aggregator::v1;

testing::DefinitionBuilder Definition() {
  const absl::Time begin = testing::ManualClock().Now();
  testing::DefinitionBuilder definition;
  definition.WithArea("north").WithArea("south").WithArea("port", "south");
  definition.WithContest("mayor", "south", {"d", "e"});
  definition.WithSource({.id = "observers", .kind = election::SourceKind::kParallelCount});
  definition.WithSource(
      {.id = "poll", .kind = election::SourceKind::kExitPoll, .sample_tag = "sample"});
  definition.WithSource({.id = "early",
                         .kind = election::SourceKind::kParallelCount,
                         .visible_from = begin + absl::Minutes(10)});
  definition.WithSource({.id = "late",
                         .kind = election::SourceKind::kParallelCount,
                         .visible_from = begin + absl::Hours(10)});
  definition.WithSeverity(election::Rule::kCastAboveRegistered, election::Severity::kHold);
  definition.WithStation(testing::MakeStation("s-1", "north", 500, {"sample"}));
  definition.WithStation(testing::MakeStation("s-2", "north", 300, {"abroad"}));
  definition.WithStation(testing::MakeStation("s-3", "south", 500, {"sample", "abroad"}));
  definition.WithStation(testing::MakeStation("s-4", "port"));
  definition.WithStation(testing::MakeStation("s-5", "port"));
  return definition;
}

Step Define(const election::DefinitionChange& change) {
  aggregator_v1::DefineElectionRequest request;
  request.set_election_id(kElectionId);
  *request.mutable_definition() = rpc::ToProto(change);
  return StepOf(AggregatorStage::kDefineElection, request);
}

Step Record(const std::vector<election::StationReport>& reports) {
  aggregator_v1::RecordReportsRequest request;
  for (const election::StationReport& report : reports) {
    *request.add_reports()->mutable_report() = rpc::ToProto(report);
  }
  return StepOf(AggregatorStage::kRecordReports, request);
}

template <typename Request>
Step Decide(AggregatorStage::Kind kind, const std::string& station_id, std::int32_t revision,
            const std::string& source_id = "cec") {
  Request request;
  request.mutable_key()->set_election_id(kElectionId);
  request.mutable_key()->set_contest_id("president");
  request.mutable_key()->set_source_id(source_id);
  request.mutable_key()->set_station_id(station_id);
  request.mutable_key()->set_revision(revision);
  request.set_reason("the commission decided it");
  return StepOf(kind, request);
}

Step Publish(const std::string& share, std::int32_t revision) {
  aggregator_v1::PublishPollFiguresRequest request;
  auto& figures = *request.mutable_figures();
  figures.set_election_id(kElectionId);
  figures.set_contest_id("president");
  figures.set_source_id("poll");
  figures.set_revision(revision);
  if (revision > 1) figures.set_reason("more answers");
  figures.add_shares()->set_candidate_id("a");
  figures.mutable_shares(0)->set_share_percent(share);
  figures.set_margin_of_error_points("2.5");
  return StepOf(AggregatorStage::kPublishPollFigures, request);
}

Step Certify(std::int64_t last_sequence) {
  aggregator_v1::CertifyResultRequest request;
  request.set_expected_sequence(last_sequence);
  request.set_election_id(kElectionId);
  request.set_contest_id("mayor");
  request.set_source_id("cec");
  request.add_elected_candidate_ids("d");
  request.set_accept_incomplete(true);
  request.set_reason("two stations were never opened");
  return StepOf(AggregatorStage::kCertifyResult, request);
}

Step Reopen(const std::string& reason = "the court ordered it") {
  aggregator_v1::ReopenContestRequest request;
  request.set_election_id(kElectionId);
  request.set_contest_id("mayor");
  request.set_source_id("cec");
  request.set_status(canvass::v1::RESULT_STATUS_RECOUNT);
  request.set_reason(reason);
  return StepOf(AggregatorStage::kReopenContest, request);
}

Step Withdraw(std::int64_t seal_sequence) {
  aggregator_v1::WithdrawSealRequest request;
  request.set_election_id(kElectionId);
  request.set_seal_sequence(seal_sequence);
  request.set_reason("it was damaged");
  return StepOf(AggregatorStage::kWithdrawSeal, request);
}

ReportBuilder Of(const std::string& station, const std::string& source = "cec") {
  ReportBuilder report;
  report.WithContest("president").WithSource(source).WithStation(station);
  return report;
}

election::StationReport OfMayor(const std::string& station) {
  return Of(station)
      .WithContest("mayor")
      .WithVotes({{.candidate_id = "d", .count = 50}, {.candidate_id = "e", .count = 46}})
      .Build();
}

election::DefinitionChange MoreStations() {
  election::DefinitionChange change;
  change.stations.push_back(testing::MakeStation("s-6", "port"));
  change.reason = "one more station";
  return change;
}

election::DefinitionChange AskForTwoOperators() {
  election::DefinitionChange change;
  change.election = Definition().Request().election;
  change.election->policy->two_operators = true;
  change.reason = "the board asks for it";
  return change;
}

Step ByAnother(Step step) {
  step.kind += AggregatorStage::kKinds;
  return step;
}

// The newest seal that is closed.
std::int64_t ClosedSeal(AggregatorStage& stage) {
  std::int64_t sequence = 0;
  const std::vector<std::string> entries = stage.EntriesOf(kElectionId);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = ledger::Decode(entries[i]);
    const auto* const seal = std::get_if<election::EmbargoSeal>(&entry->event);
    if (seal != nullptr) sequence = static_cast<std::int64_t>(i) + 1;
  }
  return sequence;
}

// Steps, and the stage that has taken them.
class Script {
 public:
  void Add(Step step) {
    stage.Take(step);
    steps.push_back(std::move(step));
  }

  AggregatorStage stage;
  std::vector<Step> steps;
};

std::vector<Step> Count() {
  using Stage = AggregatorStage;
  Script script;
  script.Add(Define(Definition().Request()));
  script.Add(
      Record({Of("s-1").Build(), Of("s-2").WithRegistered(50).Build(), Of("s-3").Build(),
              Of("s-4").WithCast(99).Build(), Of("s-4").WithRegistered(60).Build(), OfMayor("s-3"),
              OfMayor("s-4"), Of("s-1", "observers").Build(), Of("s-1", "early").Build(),
              Of("s-2", "early").Build(), Of("s-1", "late").Build(), Of("s-2", "late").Build(),
              InterviewReportBuilder().WithStation("s-1").Build()}));
  script.Add(Record(
      {Of("s-1").WithRevision(2).Build(), Of("s-3").WithRevision(2).WithRegistered(50).Build()}));
  script.Add(Decide<aggregator_v1::ReleaseReportRequest>(Stage::kReleaseReport, "s-2", 1));
  script.Add(Decide<aggregator_v1::AnnulReportRequest>(Stage::kAnnulReport, "s-1", 2));
  script.Add(Decide<aggregator_v1::ReinstateReportRequest>(Stage::kReinstateReport, "s-1", 2));
  script.Add(Decide<aggregator_v1::AnnulReportRequest>(Stage::kAnnulReport, "s-2", 1));
  script.Add(Publish("60.5", 1));
  script.Add(Publish("60.9", 2));
  script.Add(Certify(script.stage.entries()));
  script.Add(Reopen());
  script.Add({.kind = Stage::kPassTime, .bytes = "\x02"});
  script.Add(Define(MoreStations()));
  script.Add(Withdraw(ClosedSeal(script.stage)));
  script.Add(Define(AskForTwoOperators()));
  const Step annul = Decide<aggregator_v1::AnnulReportRequest>(Stage::kAnnulReport, "s-3", 2);
  script.Add(annul);
  script.Add(ByAnother(annul));
  script.Add(Certify(script.stage.entries()));
  script.Add(ByAnother(Certify(script.stage.entries())));
  script.Add(Reopen("the court ordered it again"));
  std::set<std::size_t> kinds;
  for (const std::string& bytes : script.stage.EntriesOf(kElectionId)) {
    kinds.insert(ledger::Decode(bytes)->event.index());
  }
  Require(kinds.size() == std::variant_size_v<election::Event>, "everything has happened once");
  return std::move(script.steps);
}

}  // namespace

const std::vector<Step>& CountedElection() {
  static const auto* const kSteps = new std::vector<Step>(Count());
  return *kSteps;
}

std::vector<Step> FurtherSteps() {
  using Stage = AggregatorStage;
  const std::unique_ptr<AggregatorStage> stage = CountedElectionStage();
  return {Certify(stage->entries()),
          Record({Of("s-1", "late").WithRevision(2).Build()}),
          Decide<aggregator_v1::AnnulReportRequest>(Stage::kAnnulReport, "s-1", 1, "late"),
          Decide<aggregator_v1::ReleaseReportRequest>(Stage::kReleaseReport, "s-3", 2),
          Withdraw(ClosedSeal(*stage)),
          Publish("61.5", 3),
          {.kind = Stage::kPassTime, .bytes = "\xFF"}};
}

std::unique_ptr<AggregatorStage> CountedElectionStage() {
  static const auto* const kContent = [] {
    AggregatorStage stage;
    for (const Step& step : CountedElection()) stage.Take(step);
    return new AggregatorStage::Content(stage.content());
  }();
  return std::make_unique<AggregatorStage>(*kContent);
}

std::vector<std::string> EntriesOfCountedElection() {
  return CountedElectionStage()->EntriesOf(kElectionId);
}

std::vector<std::string> WordsOfCountedElection() {
  return {kElectionId,
          "president",
          "mayor",
          "cec",
          "observers",
          "poll",
          "early",
          "late",
          "country",
          "north",
          "south",
          "port",
          "region",
          "s-1",
          "s-2",
          "s-3",
          "s-4",
          "s-5",
          "s-6",
          "s-9",
          "a",
          "b",
          "c",
          "d",
          "e",
          "sample",
          "abroad",
          "",
          "e-2",
          "12.5",
          "100",
          "1.6",
          "en",
          "az",
          "Europe/Paris",
          "UTC",
          "2025-06-01",
          "CAST_ABOVE_REGISTERED",
          "a reason"};
}

}  // namespace canvass::fuzz
