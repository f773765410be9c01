#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_CONTRACT_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_CONTRACT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_store.h"
#include "tests/services/aggregator/store/recorded_election.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::aggregator {

// A refused report with something in every field.
inline Refusal MakeRefusal(const std::string& election_id, const std::string& actor, int revision) {
  return {.report = testing::ReportBuilder()
                        .WithElection(election_id)
                        .WithRevision(revision)
                        .WithReason("recount")
                        .WithBlank(std::nullopt)
                        .WithVotes({{.candidate_id = "a", .count = 1},
                                    {.candidate_id = "b", .count = std::nullopt}})
                        .WithDocument({.sha256 = std::string(64, 'a'), .uri = "file:///1"})
                        .Build(),
          .findings = {{.rule = election::Rule::kCandidateMissing,
                        .severity = election::Severity::kReject,
                        .field = "ballots.votes",
                        .subject = "c"},
                       {.rule = election::Rule::kVotesNotBalanced,
                        .severity = election::Severity::kReject,
                        .field = "ballots.votes",
                        .numbers = {{"sum", 3}, {"ballots_cast", 100}}}},
          .refused_at = absl::FromUnixMicros(1'707'307'200'123'456),
          .actor = actor};
}

// What Replay shows, in its order.
struct Replayed {
  std::string election_id{};
  std::int64_t sequence = 0;
  std::string bytes{};
  ledger::Hash leaf_hash{};

  bool operator==(const Replayed&) const = default;
};

inline std::vector<Replayed> ReplayAll(
    LedgerStore& ledger, const std::map<std::string, std::int64_t, std::less<>>& after = {}) {
  std::vector<Replayed> entries;
  EXPECT_EQ(ledger.Replay(after,
                          [&entries](const StoredEntry& entry) {
                            entries.push_back({.election_id = std::string(entry.election_id),
                                               .sequence = entry.sequence,
                                               .bytes = std::string(entry.bytes),
                                               .leaf_hash = entry.leaf_hash});
                            return absl::OkStatus();
                          }),
            absl::OkStatus());
  return entries;
}

inline std::vector<Refusal> ReplayAllRefusals(LedgerStore& ledger) {
  std::vector<Refusal> refusals;
  EXPECT_EQ(ledger.ReplayRefusals([&refusals](Refusal refusal) { refusals.push_back(refusal); }),
            absl::OkStatus());
  return refusals;
}

// The same entries as Replay shows them.
inline std::vector<Replayed> AsReplayed(const Transaction& transaction) {
  std::vector<Replayed> entries;
  for (const AppendedEntry& entry : transaction.entries) {
    entries.push_back({.election_id = entry.election_id,
                       .sequence = entry.entry.sequence,
                       .bytes = entry.bytes,
                       .leaf_hash = entry.leaf_hash});
  }
  return entries;
}

// Tries for the lead as a standby does, meanwhile doing `between`; how it ended.
inline absl::Status TryForLead(
    LedgerStore& ledger, absl::Duration at_most, const std::function<void()>& between = [] {}) {
  const absl::Time deadline = absl::Now() + at_most;
  for (;;) {
    absl::Status status = ledger.TakeLead();
    if (DetailOf(status).reason != "NOT_ACTIVE" || absl::Now() > deadline) return status;
    between();
    absl::SleepFor(absl::Milliseconds(20));
  }
}

// What every LedgerStore does. `Store` is a default-constructible class, empty at first. Its Open()
// returns another std::unique_ptr<LedgerStore> on the same data, as another process would have it.
template <typename Store>
class LedgerContractTest : public ::testing::Test {
 protected:
  // Returns a store that leads.
  std::unique_ptr<LedgerStore> OpenLeader() {
    std::unique_ptr<LedgerStore> ledger = store_.Open();
    EXPECT_EQ(ledger->TakeLead(), absl::OkStatus());
    return ledger;
  }

  Store store_;
};

TYPED_TEST_SUITE_P(LedgerContractTest);

TYPED_TEST_P(LedgerContractTest, IsEmptyAtFirst) {
  const auto ledger = this->OpenLeader();
  EXPECT_NE(ledger->ledger_id(), "");
  EXPECT_EQ(ledger->Heartbeat(), absl::OkStatus());
  EXPECT_TRUE(ReplayAll(*ledger).empty());
  EXPECT_TRUE(ReplayAllRefusals(*ledger).empty());
}

TYPED_TEST_P(LedgerContractTest, ShowsEveryKindOfEntryAsItWasAppended) {
  testing::DefinitionBuilder definition = SmallDefinition();
  definition.WithSource({.id = "poll", .kind = election::SourceKind::kExitPoll})
      .WithPolicy({.two_operators = true});
  RecordedElection election(definition);
  const election::ReportKey key{.election_id = "e-1", .station_id = "s-1", .revision = 1};
  const auto stations = {"s-1", "s-2", "s-3"};
  for (const char* station : stations) {
    election->Submit(testing::ReportBuilder().WithStation(station).Build());
  }
  for (const char* const actor : {"operator/anna", "operator/boris"}) {
    ASSERT_TRUE(election->Annul({.key = key, .reason = "fire"}, actor).ok());
  }
  ASSERT_TRUE(election->Reinstate({.key = key, .reason = "no fire"}).ok());
  // More ballots than voters: held.
  election->Submit(testing::ReportBuilder().WithRevision(2).WithRegistered(10).Build());
  const election::ReportKey held{.election_id = "e-1", .station_id = "s-1", .revision = 2};
  ASSERT_TRUE(election->Release({.key = held, .reason = "checked"}).ok());
  ASSERT_TRUE(election
                  ->Publish({.source_id = "poll",
                             .area_id = "country",
                             .shares = {{.candidate_id = "a", .share_percent = "51.5"}}})
                  .ok());
  for (const char* const actor : {"operator/anna", "operator/boris"}) {
    ASSERT_TRUE(election
                    ->Certify({.expected_sequence = election->sequence(),
                               .elected_candidate_ids = {"a"},
                               .reason = "protocol"},
                              actor)
                    .ok());
  }
  ASSERT_TRUE(election->Reopen({.reason = "recount"}).ok());
  const election::SealedContent interviews{
      .actor = "pollster",
      .event = election::ReportRecorded{.key = election->KeyOf("president", "poll", "s-1"),
                                        .counts = {.interviews = true, .votes = {1, 2, 3}}}};
  const std::int64_t seal = election->Seal(interviews);
  const std::int64_t second = election->Seal(interviews);
  election->Open(seal);
  ASSERT_TRUE(election->Withdraw({.seal_sequence = second, .reason = "a mistake"}).ok());

  const Transaction transaction = election.Next();
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  std::size_t kinds = 0;
  for (std::size_t kind = 0; kind < std::variant_size_v<election::Event>; ++kind) {
    kinds += std::any_of(transaction.entries.begin(), transaction.entries.end(),
                         [kind](const auto& entry) { return entry.entry.event.index() == kind; });
  }
  EXPECT_EQ(kinds, std::variant_size_v<election::Event>) << "a kind of entry is not tested";
  EXPECT_EQ(ReplayAll(*ledger), AsReplayed(transaction));
}

// What closed seals hide comes back as it was; of PostgreSQL's open ones nothing.
TYPED_TEST_P(LedgerContractTest, KeepsWhatSealsHide) {
  testing::DefinitionBuilder definition = SmallDefinition();
  definition.WithSource({.id = "poll", .kind = election::SourceKind::kExitPoll});
  RecordedElection election(definition);
  const auto ledger = this->OpenLeader();
  std::vector<SealedItem> items;
  for (const char* const station : {"s-1", "s-2"}) {
    SealedItem item{.election_id = "e-1",
                    .content = {.actor = "pollster",
                                .event = election::ReportRecorded{
                                    .key = election->KeyOf("president", "poll", station),
                                    .reason = std::string("\0\xff", 2)}}};
    item.nonce.fill(static_cast<std::uint8_t>(items.size() + 254));
    item.sequence = election->Seal(item.content);
    items.push_back(item);
  }
  Transaction transaction = election.Next();
  transaction.sealed = items;
  ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  const auto closed = [&] {
    std::map<std::int64_t, SealedItem> found;
    EXPECT_EQ(ledger->ReplaySealed([&](SealedItem item) { found[item.sequence] = item; }),
              absl::OkStatus());
    return found;
  };
  ASSERT_EQ(closed().size(), 2U);
  for (const SealedItem& item : items) {
    const SealedItem found = closed().at(item.sequence);
    EXPECT_EQ(found.election_id, "e-1");
    EXPECT_EQ(found.nonce, item.nonce);
    EXPECT_EQ(found.content, item.content);
  }
}

TYPED_TEST_P(LedgerContractTest, TakesALargeGroupInAnyOrderOfStations) {
  constexpr int kStations = 1'000;
  constexpr int kStep = 389;  // comes by every station once
  testing::DefinitionBuilder definition;
  for (int station = 0; station < kStations; ++station) {
    definition.WithStation(testing::MakeStation(StrCat("s-", station), "country"));
  }
  RecordedElection election(definition);
  for (int i = 0; i < kStations; ++i) {
    const std::string station = StrCat("s-", i * kStep % kStations);
    election->Submit(testing::ReportBuilder().WithStation(station).Build());
  }
  const Transaction transaction = election.Next();
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger), AsReplayed(transaction));
}

TYPED_TEST_P(LedgerContractTest, ReplaysOnlyWhatComesAfter) {
  RecordedElection first(SmallDefinition("e-1"));
  RecordedElection second(SmallDefinition("e-2"));
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(first.Next()), absl::OkStatus());
  ASSERT_EQ(ledger->Append(second.Next()), absl::OkStatus());
  first->Submit(testing::ReportBuilder().Build());
  const Transaction tail = first.Next();
  ASSERT_EQ(ledger->Append(tail), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger, {{"e-1", 2}, {"e-2", 2}}), AsReplayed(tail));
  // Elections that are not named come whole, and nothing comes where nothing is left.
  EXPECT_EQ(ReplayAll(*ledger, {{"e-1", 3}}).size(), 2U);
  EXPECT_TRUE(ReplayAll(*ledger, {{"e-1", 3}, {"e-2", 2}}).empty());
}

TYPED_TEST_P(LedgerContractTest, SaysWhenItHasLostEntries) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  const auto visit = [](const StoredEntry&) { return absl::OkStatus(); };
  EXPECT_EQ(ledger->Replay({{"e-1", 3}}, visit).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ledger->Replay({{"e-2", 1}}, visit).code(), absl::StatusCode::kDataLoss);
}

TYPED_TEST_P(LedgerContractTest, StopsAtTheVisitorsErrorAndCanReplayAgain) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  int visits = 0;
  const absl::Status enough = absl::CancelledError("enough");
  EXPECT_EQ(ledger->Replay({},
                           [&](const StoredEntry&) {
                             ++visits;
                             return enough;
                           }),
            enough);
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(ReplayAll(*ledger).size(), 2U);
}

TYPED_TEST_P(LedgerContractTest, AGroupMayTouchSeveralElections) {
  RecordedElection first(SmallDefinition("e-1"));
  RecordedElection second(SmallDefinition("e-2"));
  Transaction transaction = first.Next();
  const Transaction other = second.Next();
  transaction.entries.insert(transaction.entries.end(), other.entries.begin(), other.entries.end());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger), AsReplayed(transaction));
}

TYPED_TEST_P(LedgerContractTest, OneLeadsAtATimeAndTheNextFindsEverything) {
  RecordedElection election(SmallDefinition());
  const Transaction transaction = election.Next();
  auto first = this->OpenLeader();
  ASSERT_EQ(first->Append(transaction), absl::OkStatus());
  const std::string ledger_id = first->ledger_id();

  const auto second = this->store_.Open();
  const absl::Status standby = second->TakeLead();
  EXPECT_EQ(standby.code(), absl::StatusCode::kUnavailable) << standby;
  EXPECT_EQ(DetailOf(standby).reason, "NOT_ACTIVE");
  election->Submit(testing::ReportBuilder().Build());
  EXPECT_FALSE(second->Append(election.Next()).ok());
  EXPECT_EQ(first->Heartbeat(), absl::OkStatus());

  first.reset();  // PostgreSQL notices after a moment
  ASSERT_EQ(TryForLead(*second, absl::Seconds(20)), absl::OkStatus());
  EXPECT_EQ(second->ledger_id(), ledger_id);
  EXPECT_EQ(ReplayAll(*second), AsReplayed(transaction));
}

TYPED_TEST_P(LedgerContractTest, WhoDoesNotLeadReadsWhatIsCommittedByThen) {
  RecordedElection election(SmallDefinition());
  const Transaction transaction = election.Next();
  const auto leader = this->OpenLeader();
  ASSERT_EQ(leader->Append(transaction), absl::OkStatus());
  const auto follower = this->store_.Open();
  ASSERT_EQ(DetailOf(follower->TakeLead()).reason, "NOT_ACTIVE");
  EXPECT_EQ(follower->ledger_id(), leader->ledger_id());
  EXPECT_EQ(ReplayAll(*follower), AsReplayed(transaction));
  election->Submit(testing::ReportBuilder().Build());
  const Transaction tail = election.Next();
  ASSERT_EQ(leader->Append(tail), absl::OkStatus());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(DetailOf(follower->TakeLead()).reason, "NOT_ACTIVE");
    EXPECT_EQ(ReplayAll(*follower, {{"e-1", 2}}), AsReplayed(tail));
    EXPECT_EQ(
        follower->Replay({{"e-1", 4}}, [](const StoredEntry&) { return absl::OkStatus(); }).code(),
        absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(DetailOf(follower->Heartbeat()).reason, "NOT_ACTIVE");
  EXPECT_EQ(leader->Heartbeat(), absl::OkStatus());
}

TYPED_TEST_P(LedgerContractTest, TheLeaderMayTakeTheLeadAgain) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  election->Submit(testing::ReportBuilder().Build());
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger).size(), 3U);
}

TYPED_TEST_P(LedgerContractTest, NothingWorksWithoutTheLead) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->store_.Open();
  EXPECT_FALSE(ledger->Heartbeat().ok());
  EXPECT_FALSE(ledger->Append(election.Next()).ok());
  EXPECT_FALSE(ledger->Replay({}, [](const StoredEntry&) { return absl::OkStatus(); }).ok());
  EXPECT_FALSE(ledger->ReplayRefusals([](const Refusal&) {}).ok());
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  EXPECT_TRUE(ReplayAll(*ledger).empty());
}

// Somebody who may write to the store, but is no LedgerStore.
TYPED_TEST_P(LedgerContractTest, NothingIsAddedToALedgerThatSomebodyElseChanged) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  for (const char* station : {"s-1", "s-2"}) {
    election->Submit(testing::ReportBuilder().WithStation(station).Build());
    ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  }
  this->store_.Delete("e-1", 3);
  const absl::Status idle = ledger->Heartbeat();
  EXPECT_EQ(idle.code(), absl::StatusCode::kUnavailable) << idle;
  EXPECT_EQ(DetailOf(idle).reason, "LEDGER_TAMPERED");
  election->Submit(testing::ReportBuilder().WithStation("s-3").Build());
  const Transaction transaction = election.Next();
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(DetailOf(ledger->Append(transaction)).reason, "LEDGER_TAMPERED");
    EXPECT_EQ(DetailOf(this->store_.Open()->TakeLead()).reason, "NOT_ACTIVE") << "the lead stays";
  }
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  EXPECT_TRUE(ReplayAll(*ledger, {{"e-1", 3}}).empty());
}

// As one aggregator does for itself, whoever leads.
TYPED_TEST_P(LedgerContractTest, AnAuditVisitsWhatMustBeThereAndSaysWhatDiffers) {
  RecordedElection first(SmallDefinition("e-1"));
  RecordedElection second(SmallDefinition("e-2"));
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(first.Next()), absl::OkStatus());
  ASSERT_EQ(ledger->Append(second.Next()), absl::OkStatus());
  first->Submit(testing::ReportBuilder().Build());
  ASSERT_EQ(ledger->Append(first.Next()), absl::OkStatus());

  std::map<std::string, std::vector<std::int64_t>> visited;
  int rests = 0;
  absl::Status says;
  std::optional<int> rests_max;
  const AuditVisitor visitor{
      .check_entry =
          [&](const StoredEntry& entry) {
            visited[std::string(entry.election_id)].push_back(entry.sequence);
            EXPECT_EQ(entry.leaf_hash, ledger::LeafHash(entry.bytes));
            return entry.sequence == 2 ? says : absl::OkStatus();
          },
      .rest =
          [&] { return rests_max == ++rests ? absl::CancelledError("enough") : absl::OkStatus(); }};
  const std::string ledger_id = ledger->ledger_id();
  const auto follower = this->store_.Open();
  for (LedgerStore* const store : {ledger.get(), follower.get()}) {
    visited.clear();
    rests = 0;
    EXPECT_EQ(store->Audit(ledger_id, {{"e-1", 2}, {"e-2", 2}}, visitor), absl::OkStatus());
    EXPECT_EQ(visited,
              (std::map<std::string, std::vector<std::int64_t>>{{"e-1", {1, 2}}, {"e-2", {1, 2}}}))
        << "what was appended meanwhile is not known yet";
    EXPECT_GE(rests, 2);
    EXPECT_EQ(store->Audit(ledger_id, {{"e-1", 3}}, visitor), absl::OkStatus());

    EXPECT_EQ(DetailOf(store->Audit(ledger_id, {{"e-1", 4}}, visitor)).reason, "ROW_DIFFERS");
    EXPECT_EQ(DetailOf(store->Audit(ledger_id, {{"e-3", 1}}, visitor)).reason, "ROW_DIFFERS");
    says = absl::DataLossError("the entry of yesterday");
    const absl::Status differs = store->Audit(ledger_id, {{"e-1", 3}}, visitor);
    EXPECT_EQ(DetailOf(differs).reason, "ROW_DIFFERS");
    EXPECT_THAT(std::string(differs.message()), ::testing::HasSubstr("the entry of yesterday"));
    says = absl::OkStatus();

    EXPECT_EQ(DetailOf(store->Audit("another", {{"e-1", 3}}, visitor)).reason, "LEDGER_DIVERGED");
    rests_max = rests + 2;
    EXPECT_TRUE(absl::IsCancelled(store->Audit(ledger_id, {{"e-1", 3}}, visitor)));
    rests_max.reset();
    EXPECT_EQ(store->Audit(ledger_id, {{"e-1", 3}}, visitor), absl::OkStatus());
  }
  EXPECT_EQ(ledger->Heartbeat(), absl::OkStatus()) << "the lead is another session's";
}

TYPED_TEST_P(LedgerContractTest, AGroupWithAGapIsRefusedAsAWhole) {
  RecordedElection election(SmallDefinition());
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  for (const char* station : {"s-1", "s-2", "s-3"}) {
    election->Submit(testing::ReportBuilder().WithStation(station).Build());
  }
  Transaction transaction = election.Next();
  transaction.refusals.push_back(MakeRefusal("e-1", "clerk", 1));
  transaction.entries.erase(transaction.entries.begin() + 1);
  EXPECT_FALSE(ledger->Append(transaction).ok());
  ASSERT_EQ(ledger->TakeLead(), absl::OkStatus());
  EXPECT_EQ(ReplayAll(*ledger).size(), 2U);
  EXPECT_TRUE(ReplayAllRefusals(*ledger).empty());
}

TYPED_TEST_P(LedgerContractTest, KeepsRefusalsWhole) {
  RecordedElection election(SmallDefinition());
  Transaction transaction = election.Next();
  Refusal interviews = MakeRefusal("e-1", "clerk", 2);
  interviews.report = testing::InterviewReportBuilder().WithAsked(std::nullopt).Build();
  Refusal nothing = MakeRefusal("no-such-election", "clerk", 3);
  nothing.report.count = std::monostate();
  nothing.report.counted_at = absl::FromUnixSeconds(1'707'307'200);
  nothing.findings.clear();
  transaction.refusals = {MakeRefusal("e-1", "clerk", 1), interviews, nothing};
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  const std::vector<Refusal> kept = ReplayAllRefusals(*ledger);
  ASSERT_EQ(kept.size(), transaction.refusals.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].report, transaction.refusals[i].report);
    EXPECT_EQ(kept[i].findings, transaction.refusals[i].findings);
    EXPECT_EQ(kept[i].refused_at, transaction.refusals[i].refused_at);
    EXPECT_EQ(kept[i].actor, transaction.refusals[i].actor);
  }
}

TYPED_TEST_P(LedgerContractTest, KeepsTheNewestRefusalsOfEachElectionAndActor) {
  RecordedElection first(SmallDefinition("e-1"));
  RecordedElection second(SmallDefinition("e-2"));
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(first.Next()), absl::OkStatus());
  ASSERT_EQ(ledger->Append(second.Next()), absl::OkStatus());
  Transaction few;
  few.refusals = {MakeRefusal("e-1", "clerk", 1), MakeRefusal("e-1", "other", 2),
                  MakeRefusal("e-2", "clerk", 3)};
  ASSERT_EQ(ledger->Append(few), absl::OkStatus());
  Transaction many;
  for (int i = 0; i < LedgerStore::kRefusalsKeptPerActor; ++i) {
    many.refusals.push_back(MakeRefusal("e-1", "clerk", 10 + i));
  }
  ASSERT_EQ(ledger->Append(many), absl::OkStatus());

  const std::vector<Refusal> kept = ReplayAllRefusals(*ledger);
  ASSERT_EQ(kept.size(), static_cast<std::size_t>(LedgerStore::kRefusalsKeptPerActor) + 2);
  EXPECT_EQ(kept[0].actor, "other");
  EXPECT_EQ(kept[1].report.election_id, "e-2");
  EXPECT_EQ(kept[2].report.revision, 10);  // the first of clerk's has made room
  EXPECT_EQ(kept.back().report.revision, 9 + LedgerStore::kRefusalsKeptPerActor);
}

TYPED_TEST_P(LedgerContractTest, KeepsSoManyBytesOfRefusals) {
  RecordedElection election(SmallDefinition("e-1"));
  const auto ledger = this->OpenLeader();
  ASSERT_EQ(ledger->Append(election.Next()), absl::OkStatus());
  // 500 kB each that cannot be compressed to less.
  std::mt19937 random(7);
  for (int i = 1; i <= 40; ++i) {
    Transaction transaction;
    Refusal& refusal = transaction.refusals.emplace_back(MakeRefusal("e-1", "clerk", i));
    refusal.report.documents.resize(500);
    for (election::Document& document : refusal.report.documents) {
      for (int byte = 0; byte < 1'000; ++byte) {
        document.uri.push_back(static_cast<char>('!' + random() % 90));
      }
    }
    ASSERT_EQ(ledger->Append(transaction), absl::OkStatus());
  }
  const std::vector<Refusal> kept = ReplayAllRefusals(*ledger);
  EXPECT_LT(kept.size(), 25U);
  EXPECT_GT(kept.size(), 10U);
  EXPECT_EQ(kept.back().report.revision, 40);
}

REGISTER_TYPED_TEST_SUITE_P(
    LedgerContractTest, IsEmptyAtFirst, KeepsWhatSealsHide, ShowsEveryKindOfEntryAsItWasAppended,
    TakesALargeGroupInAnyOrderOfStations, ReplaysOnlyWhatComesAfter, SaysWhenItHasLostEntries,
    StopsAtTheVisitorsErrorAndCanReplayAgain, AGroupMayTouchSeveralElections,
    OneLeadsAtATimeAndTheNextFindsEverything, WhoDoesNotLeadReadsWhatIsCommittedByThen,
    TheLeaderMayTakeTheLeadAgain, NothingWorksWithoutTheLead,
    NothingIsAddedToALedgerThatSomebodyElseChanged, AnAuditVisitsWhatMustBeThereAndSaysWhatDiffers,
    AGroupWithAGapIsRefusedAsAWhole, KeepsRefusalsWhole,
    KeepsTheNewestRefusalsOfEachElectionAndActor, KeepsSoManyBytesOfRefusals);

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_LEDGER_STORE_CONTRACT_H_
