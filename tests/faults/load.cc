#include "tests/faults/load.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/rpc/deadline.h"

namespace canvass::faults {
namespace {

using Random = std::mt19937_64;

constexpr int kBatch = 6;
// Of each station and source: a ledger that grows without end would make every check slower.
constexpr int kRevisionsMax = 8;
// Between two calls of one client: the load is there to meet faults, not to fill the machine.
constexpr int kPauseMsMax = 14;
// Before something is sent again.
constexpr int kResendMsMax = 30;
constexpr absl::Duration kWatchFor = absl::Milliseconds(1500);

void Pause(Random& random, int ms_max) {
  absl::SleepFor(absl::Microseconds(random() % (static_cast<std::uint64_t>(ms_max) * 1000 + 1)));
}

v1::ReportKey KeyOf(const TrialElection& election, const ReportName& name) {
  v1::ReportKey key;
  key.set_election_id(election.id());
  key.set_contest_id("president");
  key.set_source_id(TrialElection::SourceId(name.source_no));
  key.set_station_id(TrialElection::StationId(name.station_no));
  key.set_revision(name.revision);
  return key;
}

std::string RuleOf(const v1::Receipt& receipt) {
  for (const v1::Finding& finding : receipt.findings()) {
    if (finding.severity() == v1::SEVERITY_REJECT) return finding.rule();
  }
  return "without a rule";
}

enum class Outcome : std::uint8_t { kUnknown, kAcknowledged, kQueued, kTooEarly, kRefused };

Outcome Refuse(Witness& witness, const ReportName& name, int variant, const std::string& rule,
               absl::Time sent_at) {
  witness.Refused(name, variant, rule, sent_at);
  return rule == "REVISION_GAP" ? Outcome::kTooEarly : Outcome::kRefused;
}

Outcome TakeReceipt(Witness& witness, const ReportName& name, int variant,
                    const v1::Receipt& receipt, absl::Time sent_at) {
  if (receipt.state() == v1::RECEIPT_STATE_REFUSED) {
    return Refuse(witness, name, variant, RuleOf(receipt), sent_at);
  }
  witness.Received(name, variant, receipt, sent_at);
  return receipt.state() == v1::RECEIPT_STATE_QUEUED ? Outcome::kQueued : Outcome::kAcknowledged;
}

Outcome TakeError(Witness& witness, const ReportName& name, int variant, const absl::Status& status,
                  absl::Time sent_at) {
  if (!MayHaveHappened(status)) return Refuse(witness, name, variant, ReasonOf(status), sent_at);
  witness.Unknown(ReasonOf(status));
  return Outcome::kUnknown;
}

// What a submitter sends of one station and source, in order.
struct Series {
  ReportName next{};
  bool in_doubt = false;  // `next` was sent and it is not known what became of it
};

std::vector<Outcome> SendAll(Clients& clients, const TrialElection& election, Witness& witness,
                             const std::vector<ReportName>& names, bool past_reporter) {
  std::vector<v1::StationReport> reports;
  reports.reserve(names.size());
  for (const ReportName& name : names) {
    witness.Sent(name);
    reports.push_back(election.Report(name, 0));
  }
  const absl::Time sent_at = absl::Now();
  absl::Status status;
  const std::vector<v1::Receipt> receipts =
      past_reporter ? clients.RecordAll(reports, status) : clients.SubmitAll(reports, status);
  std::vector<Outcome> outcomes(names.size(), Outcome::kUnknown);
  for (std::size_t i = 0; i < std::min(receipts.size(), names.size()); ++i) {
    outcomes[i] = TakeReceipt(witness, names[i], 0, receipts[i], sent_at);
  }
  if (receipts.size() == names.size()) return outcomes;
  if (status.ok()) witness.Violation("A stream ended well with reports unanswered");
  if (!status.ok() && !MayHaveHappened(status)) witness.Violation(ReasonOf(status));
  witness.Unknown(ReasonOf(status));
  return outcomes;
}

Outcome SendOne(Clients& clients, const TrialElection& election, Witness& witness,
                const ReportName& name, int variant) {
  witness.Sent(name);
  const absl::Time sent_at = absl::Now();
  const auto receipt = clients.Submit(election.Report(name, variant));
  if (!receipt.ok()) return TakeError(witness, name, variant, receipt.status(), sent_at);
  return TakeReceipt(witness, name, variant, *receipt, sent_at);
}

}  // namespace

Load::Load(const TrialElection& election, Witness& witness, Addresses addresses, std::uint64_t seed,
           std::function<int()> publisher_life)
    : election_(election),
      witness_(witness),
      addresses_(std::move(addresses)),
      seed_(seed),
      publisher_life_(std::move(publisher_life)) {
  submitters_.emplace_back([this] { Submit(0, Way::kUnary); });
  submitters_.emplace_back([this] { Submit(1, Way::kUnary); });
  submitters_.emplace_back([this] { Submit(2, Way::kStreamed); });
  submitters_.emplace_back([this] { Submit(3, Way::kPastReporter); });
  others_.emplace_back([this] { Meddle(); });
  others_.emplace_back([this] { Decide(); });
  others_.emplace_back([this] { ReadOn(0); });
  others_.emplace_back([this] { ReadOn(1); });
  others_.emplace_back([this] { ReadWithinLives(); });
  others_.emplace_back([this] { WatchOn(); });
}

Load::~Load() { Settle(absl::ZeroDuration()); }

void Load::Settle(absl::Duration patience) {
  settled_by_ = absl::Now() + patience;
  settling_ = true;
  for (std::thread& thread : submitters_) thread.join();
  submitters_.clear();
  ending_ = true;
  for (std::thread& thread : others_) thread.join();
  others_.clear();
}

void Load::Submit(int number, Way way) {
  Clients clients(addresses_);
  Random random(seed_ * kSubmitters + static_cast<std::uint64_t>(number));
  std::vector<Series> series;
  for (int i = number; i < election_.stations() * kSources; i += kSubmitters) {
    series.push_back(
        {.next = {.source_no = i / election_.stations(), .station_no = i % election_.stations()}});
  }
  while (!ending()) {
    std::shuffle(series.begin(), series.end(), random);
    // What is in doubt first, so that it does not wait for the end.
    std::stable_partition(series.begin(), series.end(),
                          [](const Series& one) { return one.in_doubt; });
    if (settling_ && !series.front().in_doubt) return;
    if (absl::Now() > settled_by_.load()) {
      witness_.Violation(StrCat("Nobody knows what became of ", ToString(series.front().next)));
      return;
    }
    std::vector<Series*> sent;
    std::vector<ReportName> names;
    for (Series& one : series) {
      const bool enough = names.size() == (way == Way::kUnary ? 1U : kBatch);
      if (enough || (settling_ && !one.in_doubt)) break;
      if (one.next.revision > kRevisionsMax) continue;
      // A caller reports for one source; the reporter, for which the last way stands, for all.
      const bool other = !names.empty() && names.front().source_no != one.next.source_no;
      if (other && way == Way::kStreamed) continue;
      sent.push_back(&one);
      names.push_back(one.next);
    }
    if (names.empty()) {
      Pause(random, kPauseMsMax);
      continue;
    }
    const std::vector<Outcome> outcomes =
        way == Way::kUnary
            ? std::vector{SendOne(clients, election_, witness_, names.front(), 0)}
            : SendAll(clients, election_, witness_, names, way == Way::kPastReporter);
    bool in_doubt = false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      sent[i]->in_doubt = outcomes[i] == Outcome::kUnknown || outcomes[i] == Outcome::kTooEarly;
      if (!sent[i]->in_doubt) ++sent[i]->next.revision;
      in_doubt |= sent[i]->in_doubt;
    }
    Pause(random, in_doubt ? kResendMsMax : kPauseMsMax);
  }
}

void Load::Meddle() {
  Clients clients(addresses_);
  Random random(seed_ ^ 0x6d65646cU);
  while (!settling_) {
    Pause(random, kPauseMsMax);
    std::optional<ReportName> name = witness_.SentBefore(random());
    if (!name) continue;
    const auto die = random() % 10;
    const int variant = die == 0 ? 1 : 0;  // contradicts
    if (die == 1) ++name->revision;        // runs ahead
    if (die == 2) name->revision += 2;     // far ahead
    if (random() % 3 == 0 && variant == 0) {
      SendAll(clients, election_, witness_, {*name, *name}, random() % 2 == 0);
    } else {
      SendOne(clients, election_, witness_, *name, variant);
    }
  }
}

void Load::Decide() {
  Clients clients(addresses_);
  Random random(seed_ ^ 0x64656369U);
  std::vector<ReportName> annulled;
  while (!settling_) {
    Pause(random, 4 * kPauseMsMax);
    std::optional<ReportName> name = witness_.SentBefore(random());
    if (!name) continue;
    while (witness_.Find({name->source_no, name->station_no, name->revision + 1})) {
      ++name->revision;
    }
    const auto acknowledged = witness_.Find(*name);
    if (!acknowledged) continue;
    DecisionKind kind = acknowledged->held ? DecisionKind::kRelease : DecisionKind::kAnnulment;
    if (!annulled.empty() && random() % 3 == 0) {
      kind = DecisionKind::kReinstatement;
      name = annulled[random() % annulled.size()];
    } else if (kind == DecisionKind::kAnnulment && random() % 3 != 0) {
      continue;
    }
    const v1::ReportKey key = KeyOf(election_, *name);
    for (bool known = false; !known && !settling_;) {
      const auto sequence = kind == DecisionKind::kRelease     ? clients.Release(key)
                            : kind == DecisionKind::kAnnulment ? clients.Annul(key)
                                                               : clients.Reinstate(key);
      known = sequence.ok() || !MayHaveHappened(sequence.status());
      if (!known) {
        witness_.Unknown(ReasonOf(sequence.status()));
        Pause(random, kResendMsMax);
      }
      if (!sequence.ok()) continue;
      witness_.Decided(kind, *name, *sequence);
      if (kind == DecisionKind::kAnnulment) annulled.push_back(*name);
    }
  }
}

void Load::ReadOn(int number) {
  Clients clients(addresses_);
  Random random(seed_ ^ static_cast<std::uint64_t>(0x72656164 + number));
  const std::string reader = StrCat("reader ", number);
  std::int64_t seen = 0;
  while (!ending()) {
    Pause(random, kPauseMsMax);
    const int source = static_cast<int>(random() % kSources);
    const int area = static_cast<int>(random() % kAreas);
    const auto result = clients.Read(election_.id(), TrialElection::SourceId(source),
                                     area == 0 ? "" : TrialElection::AreaId(area), seen);
    if (result.ok()) {
      witness_.Answered(reader, seen, *result);
      seen = std::max(seen, result->as_of().sequence());
    } else {
      witness_.Unknown(StrCat("read ", ReasonOf(result.status())));
      const bool embargoed =
          source == kEmbargoedSource && ReasonOf(result.status()) == "SOURCE_EMBARGOED";
      if (seen > 0 && !MayHaveHappened(result.status()) && !embargoed) {
        witness_.Violation(StrCat(reader, " was told ", ReasonOf(result.status())));
      }
      Pause(random, kResendMsMax);
    }
  }
}

// Asks for no sequence: nothing goes back all the same while one publisher lives.
void Load::ReadWithinLives() {
  Clients clients(addresses_);
  Random random(seed_ ^ 0x6c697665U);
  std::int64_t seen = 0;
  int life_of_seen = -1;
  while (!ending()) {
    Pause(random, kPauseMsMax);
    const int life = publisher_life_();
    const auto result = clients.Read(election_.id(), TrialElection::SourceId(0), "", 0);
    if (!result.ok() || publisher_life_() != life) continue;
    if (life != life_of_seen) seen = 0;
    life_of_seen = life;
    witness_.Answered("reader without a sequence", seen, *result);
    seen = result->as_of().sequence();
  }
}

void Load::WatchOn() {
  Clients clients(addresses_);
  Random random(seed_ ^ 0x77617463U);
  publisher::v1::WatchResultRequest request;
  request.set_election_id(election_.id());
  request.set_source_id(TrialElection::SourceId(0));
  while (!ending()) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, kWatchFor);
    const auto stream = clients.Watch(context, request);
    publisher::v1::WatchResultResponse response;
    std::int64_t seen = 0;
    while (!ending() && stream->Read(&response)) {
      witness_.Answered("watcher", seen, response.result());
      seen = response.result().as_of().sequence();
    }
    context.TryCancel();
    stream->Finish();
    Pause(random, kResendMsMax);
  }
}

}  // namespace canvass::faults
