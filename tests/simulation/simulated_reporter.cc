#include "tests/simulation/simulated_reporter.h"

#include <algorithm>
#include <utility>

#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/rpc/report_proto.h"
#include "services/station_reporter/calls/report_stamp.h"

namespace canvass::simulation {
namespace {

v1::Receipt ToProto(const aggregator::Receipt& receipt) {
  v1::Receipt out;
  *out.mutable_key() = rpc::ToProto(receipt.key);
  out.set_state(static_cast<v1::ReceiptState>(receipt.state));
  out.set_sequence(receipt.sequence);
  for (const election::Finding& finding : receipt.findings) {
    *out.add_findings() = rpc::ToProto(finding);
  }
  return out;
}

election::ReportKey KeyOf(const election::StationReport& report) {
  return {.election_id = report.election_id,
          .station_id = report.station_id,
          .revision = report.revision};
}

}  // namespace

void SimulatedReporter::Start() {
  if (outbox_ != nullptr) return;
  outbox_ = *station_reporter::Outbox::Open(disk_);
  next_number_ = outbox_->last_number() + 1;
  Here([this] { Pump(); }, life_);
}

void SimulatedReporter::Die() {
  ++life_;
  outbox_.reset();
  frozen_until_ = absl::ZeroDuration();
}

void SimulatedReporter::Freeze(absl::Duration duration) {
  frozen_until_ = std::max(frozen_until_, world_.timeline.now() + duration);
}

void SimulatedReporter::Here(const Timeline::Event& what, std::int64_t life) {
  if (outbox_ == nullptr || life != life_) return;
  const absl::Duration now = world_.timeline.now();
  if (now >= frozen_until_) {
    what();
  } else {
    world_.timeline.After(frozen_until_ - now, [this, what, life] { Here(what, life); });
  }
}

void SimulatedReporter::Receive(const election::StationReport& report, const Reply& reply) {
  Here(
      [this, report, reply] {
        if (outbox_->Holds(report.election_id, report.station_id)) {
          Queue(report, reply);
        } else {
          Forward(report, reply);
        }
      },
      life_);
}

void SimulatedReporter::Forward(const election::StationReport& report, const Reply& reply) {
  Ask(report, [this, report, reply](const Receipt& receipt) {
    if (!receipt.ok()) {
      Queue(report, reply);
      return;
    }
    const Answer answer{.receipt = *receipt};
    world_.Send([reply, answer] { reply(answer); });
  });
}

void SimulatedReporter::Queue(const election::StationReport& report, const Reply& reply) {
  const absl::Time now = absl::UnixEpoch() + world_.timeline.now();
  auto answers =
      outbox_->Queue({station_reporter::ForOutbox(rpc::ToProto(report), next_number_++, now)}, now);
  if (!answers.front().ok()) {
    world_.Send([reply, status = answers.front().status()] { reply(status); });
    return;
  }
  world_.Send([this, report, reply] {
    witness_.Queued(report);
    reply(Answer{.queued = true});
  });
}

bool SimulatedReporter::WasRefused(const election::StationReport& report) const {
  return outbox_ != nullptr && outbox_->FindRefused(KeyOf(report)).has_value();
}

void SimulatedReporter::Pump() {
  const auto ready = outbox_->TakeReady(world_.timeline.now());
  for (const station_reporter::OutgoingReport& outgoing : *ready) Deliver(outgoing);
  world_.timeline.After(absl::Milliseconds(200),
                        [this, life = life_] { Here([this] { Pump(); }, life); });
}

void SimulatedReporter::Deliver(const station_reporter::OutgoingReport& outgoing) {
  canvass::aggregator::v1::SubmittedReport submitted;
  submitted.ParseFromString(outgoing.submitted);
  const election::StationReport report = rpc::FromProto(submitted.report());
  Ask(report, [this, report, number = outgoing.number](const Receipt& receipt) {
    if (!receipt.ok()) {
      outbox_->GiveBack({number});
      return;
    }
    witness_.Receipt(report, *receipt, world_.timeline.now());
    outbox_
        ->Settle({{.number = number, .receipt = ToProto(*receipt)}},
                 absl::UnixEpoch() + world_.timeline.now(), world_.timeline.now())
        .IgnoreError();
  });
}

void SimulatedReporter::Ask(const election::StationReport& report,
                            std::function<void(const Receipt&)> done) {
  auto pending = std::make_shared<std::function<void(const Receipt&)>>(std::move(done));
  const auto answer = [this, pending, life = life_, asked = leader_](const Receipt& receipt) {
    Here(
        [this, pending, receipt, asked] {
          if (*pending == nullptr) return;
          if (!receipt.ok() && leader_ == asked) leader_ = (asked + 1) % aggregators_.size();
          std::exchange(*pending, nullptr)(receipt);
        },
        life);
  };
  world_.Send([to = aggregators_[leader_], report, answer] {
    to->Receive([report, answer](SimulatedAggregator& aggregator) {
      aggregator.Submit({.report = report, .actor = "reporter"}, answer);
    });
  });
  world_.timeline.After(absl::Seconds(2), [answer] { answer(absl::DeadlineExceededError("")); });
}

}  // namespace canvass::simulation
