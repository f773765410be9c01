#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_WRITER_STAGE_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_WRITER_STAGE_H_

#include <algorithm>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"
#include "tests/support/definition_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_ledger_store.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {

using ReceiptsFuture = std::future<absl::StatusOr<std::vector<Receipt>>>;
using DecisionFuture = std::future<absl::StatusOr<DecisionOutcome>>;
using DefinitionFuture = std::future<absl::StatusOr<DefinitionOutcome>>;

// What the writer said of its lead, in order. Thread-safe.
class LeadLog {
 public:
  void Add(const absl::Status& lead) {
    const MutexLock lock(mutex_);
    changes_.push_back(lead);
    changed_.NotifyAll();
  }

  // Waits until `count` changes were told, and gives them.
  std::vector<absl::Status> Await(std::size_t count) {
    const MutexLock lock(mutex_);
    while (changes_.size() < count) changed_.Wait(mutex_);
    return changes_;
  }

  // Waits until `reason` was told.
  void AwaitReason(std::string_view reason) {
    const auto is_told = [reason](const absl::Status& lead) {
      return DetailOf(lead).reason == reason;
    };
    const MutexLock lock(mutex_);
    while (std::none_of(changes_.begin(), changes_.end(), is_told)) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<absl::Status> changes_ ABSL_GUARDED_BY(mutex_);
};

// Options with which no test waits for a clock.
inline LedgerWriter::Options QuickOptions() {
  LedgerWriter::Options options;
  options.retry_delay_min = absl::Milliseconds(1);
  options.retry_delay_max = absl::Milliseconds(2);
  options.follow_interval = absl::Milliseconds(1);
  options.heartbeat_interval = absl::Milliseconds(5);
  options.opening_retry = absl::Milliseconds(1);
  options.clock_leap_max = absl::InfiniteDuration();  // tests advance a clock by hours
  return options;
}

// A writer over a ledger in memory.
struct WriterStage {
  explicit WriterStage(LedgerWriter::Options options = QuickOptions())
      : writer(ledger, committed, clock, options,
               [this](const absl::Status& status) { lead.Add(status); }) {
    store.SetClock(clock);
  }

  // Starts the writer, and waits until it leads.
  void Start() {
    writer.Start();
    lead.Await(1);
  }

  ReceiptsFuture Submit(std::vector<SubmittedReport> reports, const WriteStream& stream = {}) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<std::vector<Receipt>>>>();
    ReceiptsFuture future = promise->get_future();
    writer.Submit(stream, std::move(reports),
                  [promise](auto receipts) { promise->set_value(std::move(receipts)); });
    return future;
  }

  ReceiptsFuture Submit(election::StationReport report) {
    const std::string actor = report.source_id == "cec" ? "office/country" : "local";
    return Submit(std::vector<SubmittedReport>{{.report = std::move(report), .actor = actor}});
  }

  // The receipt of a report that is answered with one.
  Receipt Record(election::StationReport report) {
    absl::StatusOr<std::vector<Receipt>> receipts = Submit(std::move(report)).get();
    return receipts.value().at(0);
  }

  DefinitionFuture Define(election::DefinitionChange change, bool validate_only = false) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<DefinitionOutcome>>>();
    DefinitionFuture future = promise->get_future();
    std::string election_id = change.election.has_value() ? change.election->id : "e-1";
    writer.Define({.election_id = std::move(election_id),
                   .actor = "office",
                   .change = std::move(change),
                   .validate_only = validate_only},
                  [promise](auto outcome) { promise->set_value(std::move(outcome)); });
    return future;
  }

  template <typename Check>
  DecisionFuture Decide(Check check, std::string election_id = "e-1",
                        std::optional<std::string> source_id = "", std::string caller = "") {
    auto promise = std::make_shared<std::promise<absl::StatusOr<DecisionOutcome>>>();
    DecisionFuture future = promise->get_future();
    writer.Decide({.caller = std::move(caller),
                   .election_id = std::move(election_id),
                   .actor = "office",
                   .source_id = std::move(source_id),
                   .check = check},
                  [promise](auto outcome) { promise->set_value(std::move(outcome)); });
    return future;
  }

  testing::MemoryDatabase store;
  testing::MemoryLedgerStore ledger{store};
  testing::ManualClock clock;
  CommittedLedgers committed;
  LeadLog lead;
  LedgerWriter writer;
};

// The election of DefinitionBuilder with stations s-1 to s-`stations`.
inline testing::DefinitionBuilder ElectionOf(int stations) {
  testing::DefinitionBuilder builder;
  for (int i = 1; i <= stations; ++i) {
    builder.WithStation(testing::MakeStation("s-" + std::to_string(i), "country"));
  }
  return builder;
}

// A report of station s-`station` of it.
inline testing::ReportBuilder ReportOf(int station) {
  return testing::ReportBuilder().WithStation("s-" + std::to_string(station));
}

inline std::vector<election::Rule> RulesOf(const Receipt& receipt) {
  std::vector<election::Rule> rules;
  for (const election::Finding& finding : receipt.findings) rules.push_back(finding.rule);
  return rules;
}

// The answer to one report; empty until it arrives.
using Answer = std::optional<absl::StatusOr<std::vector<Receipt>>>;

// For writers without a thread. One report:
inline std::shared_ptr<Answer> QueueReport(WriteQueue& queue, election::StationReport report) {
  auto answer = std::make_shared<Answer>();
  PendingReports submission{
      .reports = {{.report = std::move(report), .actor = "office/country"}},
      .done = [answer](auto receipts) { answer->emplace(std::move(receipts)); }};
  queue.Accept(std::make_unique<WriteRequest>(WriteRequest{.what = std::move(submission)}));
  return answer;
}

// Queues the definition of an election with `stations` stations. `defined` must outlive the
// request.
inline void QueueDefinition(WriteQueue& queue, int stations, bool& defined) {
  queue.Accept(std::make_unique<WriteRequest>(WriteRequest{
      .what = PendingDefinition{.proposed = {.election_id = "e-1",
                                             .actor = "office",
                                             .change = ElectionOf(stations).Request()},
                                .done = [&defined](auto outcome) { defined = outcome.ok(); }}}));
}

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_WRITER_STAGE_H_
