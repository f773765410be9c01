#include "services/aggregator/writer/ledger_writer.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "services/aggregator/writer/held_bytes.h"

namespace canvass::aggregator {

LedgerWriter::LedgerWriter(LedgerStore& store, CommittedLedgers& committed, const Clock& clock,
                           const Options& options, LeadCallback lead_changed)
    : queue_(options, steady_clock_),
      appender_(store),
      patrol_(store, committed, options),
      role_(store, appender_, committed, patrol_, queue_, clock, steady_clock_, options,
            std::move(lead_changed)) {}

LedgerWriter::~LedgerWriter() { Stop(); }

void LedgerWriter::Start() {
  thread_ = std::thread([this] { Run(); });
  patrol_thread_ = std::thread([this] { patrol_.Run(); });
}

void LedgerWriter::Stop() {
  queue_.Stop();
  patrol_.Stop();
  if (thread_.joinable()) thread_.join();
  if (patrol_thread_.joinable()) patrol_thread_.join();
}

void LedgerWriter::Submit(const WriteStream& stream, std::vector<SubmittedReport> reports,
                          ReceiptsCallback done) {
  if (reports.empty()) {
    done(std::vector<Receipt>());
    return;
  }
  const std::size_t weight = reports.size();
  const std::size_t bytes = HeldBytes(reports);
  PendingReports pending{.reports = std::move(reports), .done = std::move(done)};
  queue_.Accept(std::make_unique<WriteRequest>(WriteRequest{
      .what = std::move(pending), .stream = stream, .weight = weight, .bytes = bytes}));
}

void LedgerWriter::Decide(ProposedDecision request, DecisionCallback done) {
  const std::size_t bytes = request.bytes;
  std::string caller = request.caller;
  queue_.Accept(std::make_unique<WriteRequest>(
      WriteRequest{.what = PendingDecision{.proposed = std::move(request), .done = std::move(done)},
                   .stream = {.caller = std::move(caller)},
                   .bytes = bytes}));
}

void LedgerWriter::Define(ProposedDefinition request, DefinitionCallback done) {
  const std::size_t bytes = HeldBytes(request.change);
  std::string caller = request.caller;
  queue_.Accept(std::make_unique<WriteRequest>(WriteRequest{
      .what = PendingDefinition{.proposed = std::move(request), .done = std::move(done)},
      .stream = {.caller = std::move(caller)},
      .bytes = bytes}));
}

void LedgerWriter::Run() {
  absl::Duration wait;
  while (!queue_.Wait(wait, /*finished=*/!role_.has_work())) wait = role_.Step();
}

}  // namespace canvass::aggregator
