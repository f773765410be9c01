#include "tests/services/publisher/board/ledger_script.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "common/base/index.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"

namespace canvass::publisher {
namespace {

using aggregator::v1::WatchLedgerResponse;

constexpr election::SealNonce kNonce{1, 2, 3};

void MustHold(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "LedgerScript: %s\n", what);
  std::abort();
}

std::int32_t SumOf(const std::vector<std::int32_t>& votes) {
  return std::accumulate(votes.begin(), votes.end(), std::int32_t{0});
}

election::Counts BallotsOf(std::vector<std::int32_t> votes) {
  const std::int32_t cast = SumOf(votes) + 4;
  return {.registered_voters = 200,
          .ballots_issued = cast,
          .ballots_cast = cast,
          .blank_votes = 2,
          .invalid_votes = 2,
          .votes = std::move(votes)};
}

}  // namespace

testing::DefinitionBuilder ThreeStations() {
  testing::DefinitionBuilder definition;
  definition.WithArea("north").WithArea("south");
  definition.WithStation(testing::MakeStation("n-1", "north"));
  definition.WithStation(testing::MakeStation("n-2", "north"));
  definition.WithStation(testing::MakeStation("s-1", "south", 500, {"abroad"}));
  definition.WithSource({.id = "observers", .kind = election::SourceKind::kParallelCount});
  definition.WithSource({.id = "poll", .kind = election::SourceKind::kExitPoll});
  return definition;
}

LedgerScript::LedgerScript(const testing::DefinitionBuilder& definition)
    : ledger_(definition.Request().election->id) {
  Change(definition.Build());
}

std::int64_t LedgerScript::Report(const std::string& station_id, std::vector<std::int32_t> votes,
                                  std::int32_t revision, bool held) {
  return Append(election::ReportRecorded{.key = KeyOf("cec", station_id),
                                         .revision = revision,
                                         .reason = revision > 1 ? "miscounted" : "",
                                         .counts = BallotsOf(std::move(votes)),
                                         .held = held});
}

std::int64_t LedgerScript::ReportFrom(const std::string& source_id, const std::string& station_id,
                                      std::vector<std::int32_t> votes, std::int32_t revision) {
  return Append(election::ReportRecorded{.key = KeyOf(source_id, station_id),
                                         .revision = revision,
                                         .reason = revision > 1 ? "miscounted" : "",
                                         .counts = BallotsOf(std::move(votes))});
}

std::int64_t LedgerScript::Interview(const std::string& source_id, const std::string& station_id,
                                     std::vector<std::int32_t> answers) {
  const std::int32_t asked = SumOf(answers) + 20;
  return Append(election::ReportRecorded{.key = KeyOf(source_id, station_id),
                                         .counts = {.interviews = true,
                                                    .asked = asked,
                                                    .refused = 20,
                                                    .undecided = 0,
                                                    .votes = std::move(answers)}});
}

std::int64_t LedgerScript::Release(const std::string& station_id, std::int32_t revision) {
  return Append(election::ReportRelease{
      .key = KeyOf("cec", station_id), .revision = revision, .reason = "checked"});
}

std::int64_t LedgerScript::Annul(const std::string& station_id, std::int32_t revision) {
  return Append(election::ReportAnnulment{
      .key = KeyOf("cec", station_id), .revision = revision, .reason = "ballots were lost"});
}

std::int64_t LedgerScript::Certify(const std::string& elected_id, std::int32_t number) {
  const int cec = ledger_.count().definition().FindSource("cec").value();
  const int area = ledger_.count().definition().AreaOfContest(0);
  return Append(election::ResultCertification{
      .source_no = cec,
      .number = number,
      .certified_sequence = ledger_.sequence(),
      .tally = ledger_.count().TallyOfArea(0, cec, area),
      .progress = ledger_.count().ProgressOfArea(0, cec, area),
      .elected_candidate_nos = {
          ledger_.count().definition().FindCandidate(0, elected_id).value()}});
}

std::int64_t LedgerScript::Reopen(election::ReopeningStatus status) {
  return Append(election::ContestReopening{
      .source_no = ledger_.count().definition().FindSource("cec").value(),
      .status = status,
      .reason = "the court ordered it"});
}

std::int64_t LedgerScript::Publish(const std::string& source_id, const std::string& candidate_id,
                                   const std::string& share_percent, std::int32_t revision) {
  const election::Definition& definition = ledger_.count().definition();
  return Append(election::PollFigures{
      .source_no = definition.FindSource(source_id).value(),
      .area_no = definition.AreaOfContest(0),
      .revision = revision,
      .reason = revision > 1 ? "more answers" : "",
      .shares = {{.candidate_no = definition.FindCandidate(0, candidate_id).value(),
                  .share_percent = share_percent}},
      .margin_of_error_points = "2.5"});
}

std::int64_t LedgerScript::Change(election::DefinitionChange change) {
  const std::int64_t part = Append(std::move(change));
  return Append(election::DefinitionSeal{
      .parts = 1, .digest = ledger::Sha256OfHashes({ledger_.log().LeafHashOf(part)})});
}

std::int64_t LedgerScript::Append(election::Event event) {
  const election::Entry entry{.sequence = ledger_.sequence() + 1,
                              .recorded_at = next_recorded_at_,
                              .actor = "local",
                              .event = std::move(event)};
  next_recorded_at_ += pace_;
  MustHold(ledger_.Append(ledger::Encode(entry)).ok(), "an entry is not legal");
  return entry.sequence;
}

std::int64_t LedgerScript::Seal(election::SealedEvent event) {
  const int source_no = SourceOf(event);
  const election::SealedContent content{.actor = "pollster", .event = std::move(event)};
  const std::int64_t sequence = Append(election::EmbargoSeal{
      .source_no = source_no,
      .visible_from = ledger_.count().definition().sources()[Index(source_no)].visible_from.value(),
      .commitment = ledger::CommitmentTo(kNonce, content)});
  sealed_.emplace(sequence, content);
  return sequence;
}

std::int64_t LedgerScript::Open(std::int64_t seal_sequence) {
  return Append(election::SealOpening{
      .seal_sequence = seal_sequence, .nonce = kNonce, .content = sealed_.at(seal_sequence)});
}

std::vector<WatchLedgerResponse> LedgerScript::Step(int entries_max) {
  std::vector<WatchLedgerResponse> messages;
  WatchLedgerResponse message = Message();
  while (sent_ < ledger_.sequence()) {
    aggregator::v1::WatchedEntry& watched = *message.add_entries();
    watched.set_sequence(++sent_);
    watched.set_entry(std::string(ledger_.log().Get(sent_)));
    if (message.entries_size() < entries_max || sent_ == ledger_.sequence()) continue;
    messages.push_back(std::exchange(message, Message()));
  }
  EndStep(message);
  messages.push_back(std::move(message));
  return messages;
}

WatchLedgerResponse LedgerScript::Confirmation() {
  WatchLedgerResponse message;
  message.set_ledger_id(kLedgerId);
  return message;
}

election::StationKey LedgerScript::KeyOf(const std::string& source_id,
                                         const std::string& station_id) const {
  const election::Definition& definition = ledger_.count().definition();
  return {.contest_no = 0,
          .source_no = definition.FindSource(source_id).value(),
          .station_no = definition.FindStation(station_id).value()};
}

WatchLedgerResponse LedgerScript::Message() const {
  WatchLedgerResponse message;
  message.set_election_id(ledger_.election_id());
  message.set_ledger_id(kLedgerId);
  return message;
}

void LedgerScript::EndStep(WatchLedgerResponse& message) const {
  message.set_step_complete(true);
  message.set_sequence(ledger_.sequence());
  message.set_root_hash(ledger::ToHex(ledger_.log().Root()));
  const election::Definition& definition = ledger_.count().definition();
  for (int source = 0; source < static_cast<int>(definition.sources().size()); ++source) {
    const int area = definition.AreaOfContest(0);
    const election::Tally& folded = ledger_.count().TallyOfArea(0, source, area);
    aggregator::v1::Tally& tally = *message.add_tallies();
    tally.set_contest_id(definition.contests()[0].id);
    tally.set_source_id(definition.sources()[Index(source)].id);
    tally.set_area_id(definition.areas()[Index(area)].id);
    for (const election::Sum& votes : folded.votes) tally.add_votes(votes.total);
    tally.set_blank_votes(folded.blank_votes.total);
    tally.set_invalid_votes(folded.invalid_votes.total);
    tally.set_ballots_cast(folded.ballots_cast.total);
    tally.set_stations_counted(folded.reports);
  }
}

std::unique_ptr<LedgerWithHistory> Follow(const LedgerScript& script) {
  auto published = std::make_unique<LedgerWithHistory>(script.ledger().election_id());
  const ledger::EntryLog& log = script.ledger().log();
  for (std::int64_t sequence = 1; sequence <= log.size(); ++sequence) {
    MustHold(published->Append(log.Get(sequence), script.ledger().EntryAt(sequence)).ok(),
             "a follower refused an entry");
  }
  return published;
}

}  // namespace canvass::publisher
