#include "services/station_reporter/station_reporter.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/text.h"
#include "common/process/known_ledgers.h"
#include "services/station_reporter/outbox/sqlite_outbox_store.h"
#include "services/station_reporter/reporter_metrics.h"

namespace canvass::station_reporter {
namespace {

// Lets the outbox, if there is one, know which elections the aggregator has.
AggregatorLinkOptions WithElections(AggregatorLinkOptions link, OutboxCourier* courier) {
  if (courier == nullptr) return link;
  link.on_elections = [courier](const std::vector<std::string>& election_ids) {
    courier->Know(election_ids);
  };
  return link;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StationReporter>> StationReporter::Start(
    const rpc::ServerOptions& server, const AggregatorLinkOptions& aggregator,
    const OutboxOptions& outbox, const Clock& clock) {
  AggregatorLinkOptions link = aggregator;
  std::unique_ptr<OutboxStore> store;
  std::unique_ptr<Outbox> kept;
  std::unique_ptr<KnownEntries> known_entries;
  if (!outbox.file.empty()) {
    auto file = SqliteOutboxStore::Open(outbox.file);
    if (!file.ok()) return file.status();
    store = *std::move(file);
    auto opened = Outbox::Open(*store, outbox.limits);
    if (!opened.ok()) return opened.status();
    kept = *std::move(opened);
    auto ledgers = process::KnownLedgers::Open(StrCat(outbox.file, "-ledgers"));
    if (!ledgers.ok()) return ledgers.status();
    known_entries = std::make_unique<KnownEntries>(*std::move(ledgers));
    link.known_entries = known_entries.get();
    link.answer_within = outbox.answer_within;
  }
  std::unique_ptr<StationReporter> reporter(new StationReporter(
      link, std::move(store), std::move(kept), std::move(known_entries), outbox.limits, clock));
  auto started = rpc::Server::Start(server, {&reporter->service_});
  if (!started.ok()) return started.status();
  reporter->server_ = *std::move(started);
  reporter->outbox_file_ = outbox.file;
  rpc::Server& serving = *reporter->server_;
  OutboxCourier* const courier = reporter->courier_.get();
  serving.SetServing(reporter::v1::StationReporterService::service_full_name(), false);
  serving.SetServing("", true);
  if (courier != nullptr) courier->Start();
  reporter->link_.Start([&serving, courier](bool ready) {
    if (courier != nullptr) courier->SetReachable(ready);
    serving.SetServing(reporter::v1::StationReporterService::service_full_name(),
                       ready || courier != nullptr);
  });
  return reporter;
}

StationReporter::StationReporter(AggregatorLinkOptions aggregator,
                                 std::unique_ptr<OutboxStore> store, std::unique_ptr<Outbox> outbox,
                                 std::unique_ptr<KnownEntries> known_entries,
                                 const OutboxLimits& limits, const Clock& clock)
    : store_(std::move(store)),
      outbox_(std::move(outbox)),
      courier_(outbox_ == nullptr
                   ? nullptr
                   : std::make_unique<OutboxCourier>(*outbox_, limits, clock,
                                                     [this](auto reports, auto submitter) {
                                                       // Reports in the outbox can wait as long
                                                       // as there is a stream.
                                                       return link_.Submit(std::move(reports),
                                                                           std::move(submitter),
                                                                           {.patient = true});
                                                     })),
      known_entries_(std::move(known_entries)),
      clock_(clock),
      link_(WithElections(std::move(aggregator), courier_.get())),
      service_(link_, outbox_.get(), courier_.get(), clock) {}

StationReporter::~StationReporter() { Stop(); }

absl::Status StationReporter::Ready() const {
  if (server_->IsServing(reporter::v1::StationReporterService::service_full_name())) {
    return absl::OkStatus();
  }
  return link_.Unreachable(absl::UnavailableError("no active aggregator answers"));
}

void StationReporter::AddTo(telemetry::MetricSheet& sheet) const {
  server_->AddTo(sheet);
  AddLink(link_.reached(), link_.waiting(), sheet);
  if (outbox_ == nullptr) return;
  AddOutbox(outbox_->Summary(), courier_->queued(), clock_.Now(), sheet);
  AddDiskOf(outbox_file_, sheet);
}

void StationReporter::Stop() {
  if (server_ != nullptr) server_->Stop([this] { service_.EndStreams(); });
  link_.Stop();
  if (courier_ != nullptr) courier_->Stop();
}

}  // namespace canvass::station_reporter
