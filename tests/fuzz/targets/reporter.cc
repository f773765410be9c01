// What stations send to a reporter whose aggregator is away, its outbox, and what the aggregator
// answers later.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "common/base/index.h"
#include "common/rpc/message.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/report_proto.h"
#include "services/station_reporter/calls/outbox_calls.h"
#include "services/station_reporter/calls/report_shape.h"
#include "services/station_reporter/calls/report_stamp.h"
#include "services/station_reporter/outbox/outbox.h"
#include "tests/fuzz/counted_election.h"
#include "tests/fuzz/paging.h"
#include "tests/fuzz/session.h"
#include "tests/fuzz/target.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_outbox_store.h"
#include "tests/support/report_builder.h"

namespace canvass::fuzz {
namespace {

using station_reporter::NewReport;
using station_reporter::Outbox;
namespace reporter_v1 = reporter::v1;

// Small, so that short inputs reach them.
constexpr station_reporter::OutboxLimits kFewReports = {.reports_max = 24,
                                                        .bytes_max = 8'192,
                                                        .station_reports_max = 6,
                                                        .refusals_max = 4,
                                                        .sending_reports_max = 4,
                                                        .sending_bytes_max = 2'048};

class ReporterStage {
 public:
  enum Kind : std::uint8_t { kSubmit, kList, kReceipt, kAnswer, kRestart, kKinds };

  ReporterStage() { Restart(); }

  void Take(const Step& step) {
    switch (step.kind % kKinds) {
      case kSubmit:
        return Submit(step.bytes);
      case kList:
        return List(step.bytes);
      case kReceipt:
        return FindReceipt(step.bytes);
      case kAnswer:
        return Answer(step.bytes);
      default:
        return Restart();
    }
  }

  void RequireConserved() const {
    const station_reporter::OutboxSummary summary = outbox_->Summary();
    Require(summary.queued == kept_, "what was kept waits until it is answered");
    Require(summary.queued == store_.numbers().size(), "what waits is on the disk");
    Require(
        summary.queued <= kFewReports.reports_max && summary.refused <= kFewReports.refusals_max,
        "the outbox keeps its limits");
  }

 private:
  void Submit(const std::string& bytes) {
    const auto each =
        rpc::SplitReports(bytes, reporter_v1::SubmitReportsRequest::default_instance(),
                          reporter_v1::SubmitReportsRequest::kReportsFieldNumber, 1'000);
    if (!each.ok()) return RequireGoodError(each.status());
    std::vector<NewReport> reports;
    for (const std::string_view report_bytes : *each) {
      canvass::v1::StationReport report;
      const absl::Status parsed = rpc::ParseMessage(report_bytes, report);
      if (!parsed.ok()) return RequireGoodError(parsed);
      const absl::Status shape = station_reporter::CheckShape(report, report_bytes.size());
      if (shape.ok()) {
        reports.push_back(station_reporter::ForOutbox(report, ++number_, clock_.Now()));
        continue;
      }
      const auto refused = station_reporter::RefusedReceipt(report, shape);
      Require(refused.findings_size() > 0, "a report is refused for a reason");
      RequireReadable(refused, kAnswerBytesMax);
    }
    Queue(std::move(reports));
  }

  void Queue(std::vector<NewReport> reports) {
    const std::size_t count = reports.size();
    const std::size_t before = outbox_->Summary().queued;
    const auto answers = outbox_->Queue(reports, clock_.Now());
    Require(answers.size() == count, "every report is answered");
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!answers[i].ok()) {
        RequireGoodError(answers[i].status());
        continue;
      }
      ++accepted;
      Require(answers[i]->state() == canvass::v1::RECEIPT_STATE_QUEUED, "it is QUEUED");
      const election::ReportKey& key = reports[i].queued.key;
      Require(outbox_->Holds(key.election_id, key.station_id), "its station waits");
      if (key.revision > 0) Require(outbox_->FindQueued(key).has_value(), "it can be asked for");
    }
    kept_ = outbox_->Summary().queued;
    Require(kept_ >= before && kept_ - before <= accepted, "a report is kept at most once");
  }

  void List(const std::string& bytes) {
    reporter_v1::ListOutboxRequest request;
    if (!request.ParseFromString(bytes)) return;
    RequireGoodAnswers<reporter_v1::ListOutboxResponse>(
        request, [this](const reporter_v1::ListOutboxRequest& asked,
                        reporter_v1::ListOutboxResponse& response) {
          return station_reporter::ListOutbox(*outbox_, asked, response);
        });
  }

  void FindReceipt(const std::string& bytes) {
    reporter_v1::GetReceiptRequest request;
    if (!request.ParseFromString(bytes)) return;
    const election::ReportKey key = rpc::FromProto(request.key());
    for (const auto& receipt : {outbox_->FindQueued(key), outbox_->FindRefused(key)}) {
      if (receipt) RequireReadable(*receipt, kAnswerBytesMax);
    }
  }

  // The aggregator answers as many of the reports that it is sent as there are receipts. The others
  // are given back.
  void Answer(const std::string& bytes) {
    aggregator::v1::RecordReportsResponse response;
    if (!response.ParseFromString(bytes)) return;
    const absl::Duration steady_now = clock_.Now() - absl::UnixEpoch();
    const auto ready = outbox_->TakeReady(steady_now);
    Require(ready.ok() && ready->size() <= kFewReports.sending_reports_max, "reports are sent");
    std::vector<station_reporter::Outcome> outcomes;
    std::vector<std::int64_t> unanswered;
    for (std::size_t i = 0; i < ready->size(); ++i) {
      aggregator::v1::SubmittedReport submitted;
      Require(submitted.ParseFromString((*ready)[i].submitted), "what is sent is a report");
      if (i < Index(response.receipts_size())) {
        outcomes.push_back(
            {.number = (*ready)[i].number, .receipt = response.receipts(static_cast<int>(i))});
      } else {
        unanswered.push_back((*ready)[i].number);
      }
    }
    const std::size_t answered = outcomes.size();
    Require(outbox_->Settle(std::move(outcomes), clock_.Now(), steady_now).ok(),
            "answers are kept");
    outbox_->GiveBack(unanswered);
    clock_.Advance(absl::Seconds(1));
    const std::size_t left = outbox_->Summary().queued;
    Require(left <= kept_ && kept_ - left <= answered, "only what was answered leaves the outbox");
    kept_ = left;
  }

  // The same is listed after a restart.
  void Restart() {
    reporter_v1::ListOutboxResponse before;
    if (outbox_ != nullptr) station_reporter::ListOutbox(*outbox_, {}, before).IgnoreError();
    auto opened = Outbox::Open(store_, kFewReports);
    Require(opened.ok(), "an outbox opens again");
    const bool is_first = outbox_ == nullptr;
    outbox_ = *std::move(opened);
    reporter_v1::ListOutboxResponse after;
    station_reporter::ListOutbox(*outbox_, {}, after).IgnoreError();
    // Not by their bytes, in which the numbers of a finding have no order.
    Require(is_first || google::protobuf::util::MessageDifferencer::Equals(before, after),
            "a restart loses nothing");
  }

  testing::ManualClock clock_;
  testing::MemoryOutboxStore store_;
  std::unique_ptr<Outbox> outbox_;
  std::int64_t number_ = 0;
  std::size_t kept_ = 0;
};

void RunReporter(std::string_view bytes) {
  ReporterStage stage;
  for (const Step& step : SplitSession(bytes)) {
    stage.Take(step);
    stage.RequireConserved();
  }
}

Step Receipts(const std::vector<canvass::v1::ReceiptState>& states, const char* rule = nullptr) {
  aggregator::v1::RecordReportsResponse response;
  for (const canvass::v1::ReceiptState state : states) {
    canvass::v1::Receipt& receipt = *response.add_receipts();
    receipt.set_state(state);
    if (rule == nullptr) continue;
    receipt.add_findings()->set_rule(rule);
    receipt.mutable_findings(0)->set_severity(canvass::v1::SEVERITY_REJECT);
  }
  return StepOf(ReporterStage::kAnswer, response);
}

std::vector<std::string> ReporterSeeds() {
  reporter_v1::SubmitReportsRequest submit;
  for (int i = 1; i <= 8; ++i) {
    *submit.add_reports() = rpc::ToProto(testing::ReportBuilder()
                                             .WithStation("s-" + std::to_string(1 + i % 3))
                                             .WithRevision(1 + i / 3)
                                             .Build());
  }
  reporter_v1::ListOutboxRequest list;
  list.set_page_size(1);
  reporter_v1::GetReceiptRequest receipt;
  receipt.mutable_key()->set_election_id(kElectionId);
  receipt.mutable_key()->set_station_id("s-1");
  const Step submitted = StepOf(ReporterStage::kSubmit, submit);
  const Step listed = StepOf(ReporterStage::kList, list);
  const Step asked = StepOf(ReporterStage::kReceipt, receipt);
  const Step restart{.kind = ReporterStage::kRestart};
  using canvass::v1::RECEIPT_STATE_HELD;
  using canvass::v1::RECEIPT_STATE_RECORDED;
  using canvass::v1::RECEIPT_STATE_REFUSED;
  const Step recorded = Receipts({RECEIPT_STATE_RECORDED, RECEIPT_STATE_HELD});
  const Step refused = Receipts({RECEIPT_STATE_REFUSED, RECEIPT_STATE_REFUSED}, "TEXT_INVALID");
  const Step early = Receipts({RECEIPT_STATE_REFUSED, RECEIPT_STATE_REFUSED}, "REVISION_GAP");
  return {JoinSession({submitted, listed, asked, restart, recorded, recorded, refused, listed}),
          JoinSession({submitted, early, recorded, early, early, restart, recorded, listed}),
          JoinSession({submitted, refused, refused, refused, asked, restart, listed}),
          JoinSession({submitted, submitted, restart, submitted})};
}

const Registration kReporter({.name = "reporter",
                              .run = RunReporter,
                              .seeds = ReporterSeeds,
                              .steps = {&reporter_v1::SubmitReportsRequest::default_instance(),
                                        &reporter_v1::ListOutboxRequest::default_instance(),
                                        &reporter_v1::GetReceiptRequest::default_instance(),
                                        &aggregator::v1::RecordReportsResponse::default_instance(),
                                        nullptr},
                              .words = WordsOfCountedElection()});

}  // namespace
}  // namespace canvass::fuzz
