#include "services/aggregator/aggregator.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/telemetry/log.h"
#include "services/aggregator/aggregator_metrics.h"

namespace canvass::aggregator {
namespace {

absl::Status Stopping() { return MakeError(reason::kNotActive, "The aggregator is stopping"); }

// Whether an operator has to look at the database.
bool IsDivergence(const absl::Status& lead) {
  return lead.code() == absl::StatusCode::kDataLoss || HasReason(lead, reason::kLedgerTampered) ||
         HasReason(lead, reason::kLedgerBehind);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Aggregator>> Aggregator::Start(const rpc::ServerOptions& server,
                                                              LedgerStore& store,
                                                              const Clock& clock,
                                                              LedgerWriter::Options options) {
  std::unique_ptr<Aggregator> aggregator(new Aggregator(store, clock, options));
  absl::StatusOr<std::unique_ptr<rpc::Server>> started = rpc::Server::Start(
      server, {&aggregator->aggregator_service_, &aggregator->election_service_});
  if (!started.ok()) return started.status();
  aggregator->server_ = *std::move(started);
  aggregator->SetServing(false);
  aggregator->server_->SetServing(kReadyHealth, false);
  aggregator->server_->SetServing("", true);
  aggregator->feed_.Start();
  aggregator->writer_.Start();
  return aggregator;
}

Aggregator::Aggregator(LedgerStore& store, const Clock& clock, LedgerWriter::Options options)
    : store_(store),
      feed_(clock, [this] { return writer_.Lead(); }),
      writer_(store, committed_, clock, options,
              [this](const absl::Status& lead) { TellOfLead(lead); }),
      aggregator_service_(writer_, committed_, feed_, clock),
      election_service_(writer_, committed_, clock) {
  committed_.OnChange([this] { feed_.Wake(); });
}

Aggregator::~Aggregator() { Stop(); }

void Aggregator::Stop() {
  if (server_ != nullptr) server_->Stop([this] { EndStreams(Stopping()); });
  feed_.Stop();
  writer_.Stop();
}

// Called on the writer's thread.
void Aggregator::TellOfLead(const absl::Status& lead) {
  diverged_ = IsDivergence(lead);
  server_->SetServing(kReadyHealth, lead.ok() || HasReason(lead, reason::kNotActive));
  if (!lead.ok()) {
    if (HasReason(lead, reason::kNotActive)) {
      telemetry::LogInfo(absl::StrCat("standing by: ", telemetry::Describe(lead)));
    } else if (IsDivergence(lead)) {
      telemetry::LogError(absl::StrCat("not serving: ", telemetry::Describe(lead)));
    } else {
      telemetry::LogWarning(absl::StrCat("not serving: ", telemetry::Describe(lead)));
    }
    SetServing(false);
    EndStreams(writer_.Lead());
    return;
  }
  const std::size_t elections = committed_.Reading(
      [](const CommittedLedgers::Contents& committed) { return committed.ledgers.size(); });
  telemetry::LogInfo(absl::StrCat("leading; elections in the ledger: ", elections));
  feed_.SetOpen(absl::OkStatus());
  SetServing(true);
}

void Aggregator::SetServing(bool serving) {
  server_->SetServing(v1::AggregatorService::service_full_name(), serving);
  server_->SetServing(v1::ElectionService::service_full_name(), serving);
}

absl::Status Aggregator::Ready() const {
  const absl::Status lead = writer_.Lead();
  if (!lead.ok()) return lead;
  return server_->IsServing(v1::AggregatorService::service_full_name()) ? lead : Stopping();
}

void Aggregator::AddTo(telemetry::MetricSheet& sheet) const {
  server_->AddTo(sheet);
  AddLead({.leads = writer_.Lead().ok(), .epoch = store_.epoch(), .diverged = diverged_}, sheet);
  AddWriter(writer_.figures(), writer_.waiting(), sheet);
  AddWatchers(feed_.watchers(), aggregator_service_.report_streams(), sheet);
  committed_.Reading(
      [&sheet](const CommittedLedgers::Contents& committed) { AddElections(committed, sheet); });
}

void Aggregator::EndStreams(const absl::Status& status) {
  aggregator_service_.EndStreams(status);
  election_service_.EndStreams(status);
}

}  // namespace canvass::aggregator
