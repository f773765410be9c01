#include "common/ledger/election_ledger.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/tally.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/ledger/root_of.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::ledger {
namespace {

using election::Entry;
using ::testing::HasSubstr;

const absl::Time kEmbargoEnds = absl::FromUnixSeconds(1'707'350'000);

// Stations s-1, s-2 and s-3 in area north; an exit poll "poll" under embargo.
testing::DefinitionBuilder SmallElection() {
  return testing::DefinitionBuilder()
      .WithSource(
          {.id = "poll", .kind = election::SourceKind::kExitPoll, .visible_from = kEmbargoEnds})
      .WithArea("north")
      .WithStation(testing::MakeStation("s-1", "north"))
      .WithStation(testing::MakeStation("s-2", "north"))
      .WithStation(testing::MakeStation("s-3", "north"));
}

std::vector<Entry> DefinitionEntries(bool two_operators = false) {
  testing::DefinitionBuilder election = SmallElection();
  if (two_operators) election.WithPolicy({.two_operators = true});
  return testing::CheckedLedger(election).entries();
}

// An evening: reports, a correction, an annulment, interviews, poll figures.
class Evening : public testing::CheckedLedger {
 public:
  Evening() : CheckedLedger(SmallElection()) {
    Submit(testing::ReportBuilder().WithStation("s-1").Build());
    Submit(testing::InterviewReportBuilder().WithStation("s-1").Build());
    Submit(testing::ReportBuilder().WithStation("s-2").WithBalancedVotes({50, 20, 10}).Build());
    Submit(testing::InterviewReportBuilder().WithStation("s-2").Build());
    Submit(testing::ReportBuilder()
               .WithStation("s-1")
               .WithRevision(2)
               .WithBalancedVotes({61, 29, 6})
               .Build());
    EXPECT_TRUE(Annul({.key = {.election_id = "e-1",
                               .contest_id = "president",
                               .source_id = "cec",
                               .station_id = "s-2",
                               .revision = 1},
                       .reason = "Ballots were stuffed"})
                    .ok());
  }
};

// As the one writer stores them: seals with the digest of what they seal.
std::vector<std::string> BytesOf(const std::vector<Entry>& entries) {
  std::vector<std::string> all;
  for (Entry entry : entries) {
    if (auto* const seal = std::get_if<election::DefinitionSeal>(&entry.event)) {
      std::vector<Hash> parts;
      for (std::size_t i = all.size() - static_cast<std::size_t>(seal->parts); i < all.size();
           ++i) {
        parts.push_back(LeafHash(all[i]));
      }
      seal->digest = Sha256OfHashes(parts);
    }
    all.push_back(Encode(entry));
  }
  return all;
}

// Every area's tallies and progress are the same.
void ExpectSameCount(const election::Count& a, const election::Count& b) {
  const election::Definition& definition = a.definition();
  for (int source_no = 0; source_no < static_cast<int>(definition.sources().size()); ++source_no) {
    for (int area_no = 0; area_no < static_cast<int>(definition.areas().size()); ++area_no) {
      EXPECT_EQ(a.TallyOfArea(0, source_no, area_no), b.TallyOfArea(0, source_no, area_no));
      EXPECT_EQ(a.ProgressOfArea(0, source_no, area_no), b.ProgressOfArea(0, source_no, area_no));
    }
  }
}

void AppendAll(const std::vector<std::string>& entries, ElectionLedger& folded) {
  for (const std::string& entry : entries) {
    const absl::Status status = folded.Append(entry);
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(ElectionLedgerTest, StartsEmpty) {
  const ElectionLedger folded("e-1");
  EXPECT_EQ(folded.election_id(), "e-1");
  EXPECT_EQ(folded.sequence(), 0);
  EXPECT_EQ(folded.recorded_at(), absl::InfinitePast());
  EXPECT_FALSE(folded.count().defined());
}

TEST(ElectionLedgerTest, FoldsWhatItKeeps) {
  const Evening evening;
  const std::vector<std::string> entries = BytesOf(evening.entries());
  ElectionLedger folded("e-1");
  AppendAll(entries, folded);

  EXPECT_EQ(folded.sequence(), evening.sequence());
  EXPECT_EQ(folded.recorded_at(), evening.entries().back().recorded_at);
  EXPECT_EQ(folded.log().Root(), RootOf(entries));
  EXPECT_EQ(folded.log().Get(3), entries[2]);
  EXPECT_EQ(folded.EntryAt(3), evening.entries()[2]);
  // s-1 at revision 2; s-2 is annulled.
  const election::Tally& tally = folded.count().TallyOfArea(0, 0, 0);
  EXPECT_EQ(tally.reports, 1);
  EXPECT_EQ(tally.votes[0].total, 61);
  EXPECT_EQ(tally.votes[1].total, 29);
  EXPECT_EQ(folded.count().ProgressOfArea(0, 0, 0).annulled, 1);
  EXPECT_EQ(folded.count().ProgressOfArea(0, 0, 0).missing(), 1);
  ExpectSameCount(folded.count(), evening.count());
}

TEST(ElectionLedgerTest, TakesEntriesThatWereDecodedBefore) {
  const std::vector<std::string> entries = BytesOf(Evening().entries());
  ElectionLedger folded("e-1");
  for (const std::string& entry : entries) folded.Append(entry, Decode(entry).value());
  EXPECT_EQ(folded.log().Root(), RootOf(entries));
  EXPECT_EQ(folded.count().TallyOfArea(0, 0, 0).votes[0].total, 61);
}

// ---- What does not belong here.

struct Intruder {
  std::string_view problem;  // in the message
  std::function<void(Entry&)> spoil;
};

// `spoil`t versions of the entry that would be next are refused and leave no trace.
void ExpectRefused(const std::vector<std::string>& before, const Entry& next,
                   const std::vector<Intruder>& intruders) {
  ElectionLedger folded("e-1");
  AppendAll(before, folded);
  const Hash root = folded.log().Root();
  for (const Intruder& intruder : intruders) {
    Entry entry = next;
    intruder.spoil(entry);
    const absl::Status status = folded.Append(Encode(entry));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << intruder.problem;
    EXPECT_EQ(DetailOf(status).reason, "ENTRY_OUT_OF_PLACE");
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(intruder.problem)));
    EXPECT_EQ(folded.log().Root(), root);
  }
  EXPECT_TRUE(folded.Append(Encode(next)).ok());
}

// An entry that may follow SmallLedger.
Entry NextEntry(election::Event event) {
  return {.sequence = 3,
          .recorded_at = DefinitionEntries().back().recorded_at,
          .actor = "local",
          .event = std::move(event)};
}

election::ReportRecorded SomeReport() {
  return {.key = {.contest_no = 0, .source_no = 0, .station_no = 2},
          .counts = {.ballots_cast = 6, .blank_votes = 0, .invalid_votes = 0, .votes = {1, 2, 3}}};
}

template <typename T>
std::function<void(Entry&)> Spoil(const std::function<void(T&)>& spoil) {
  return [spoil](Entry& entry) { spoil(std::get<T>(entry.event)); };
}

TEST(ElectionLedgerTest, RefusesBytesThatAreNoEntry) {
  ElectionLedger folded("e-1");
  AppendAll(BytesOf(DefinitionEntries()), folded);
  const absl::Status status = folded.Append("\x01\x03");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DetailOf(status).reason, "ENTRY_MALFORMED");
  EXPECT_EQ(folded.sequence(), 2);
}

TEST(ElectionLedgerTest, RefusesReportsThatDoNotFollow) {
  using election::ReportRecorded;
  ExpectRefused(
      BytesOf(DefinitionEntries()), NextEntry(SomeReport()),
      {{"the next entry is 3", [](Entry& entry) { entry.sequence = 2; }},
       {"the next entry is 3", [](Entry& entry) { entry.sequence = 4; }},
       {"earlier than the previous entry",
        [](Entry& entry) { entry.recorded_at -= absl::Microseconds(1); }},
       {"an unknown contest", Spoil<ReportRecorded>([](auto& r) { r.key.contest_no = 1; })},
       {"an unknown source", Spoil<ReportRecorded>([](auto& r) { r.key.source_no = 2; })},
       {"an unknown station", Spoil<ReportRecorded>([](auto& r) { r.key.station_no = 3; })},
       {"votes for 4 candidates, but the contest has 3",
        Spoil<ReportRecorded>([](auto& r) { r.counts.votes.push_back(0); })},
       {"revision 2 of a report, but the newest is 0",
        Spoil<ReportRecorded>([](auto& r) { r.revision = 2; })}});
}

TEST(ElectionLedgerTest, RefusesAReportFromOutsideTheContestsArea) {
  testing::DefinitionBuilder definition = SmallElection();
  definition.WithArea("south")
      .WithStation(testing::MakeStation("s-4", "south"))
      .WithContest("mayor", "north", {"a", "b", "c"});
  Entry next = NextEntry(SomeReport());
  std::get<election::ReportRecorded>(next.event).key.contest_no = 1;
  ExpectRefused(
      BytesOf(testing::CheckedLedger(definition).entries()), next,
      {{"its station lies outside the contest's area",
        Spoil<election::ReportRecorded>([](auto& report) { report.key.station_no = 3; })}});
}

// A definition that is sealed as it is and could not be folded.
TEST(ElectionLedgerTest, RefusesADefinitionWhosePartsDoNotHang) {
  using election::DefinitionChange;
  struct Broken {
    std::string_view problem;
    std::function<void(DefinitionChange&)> spoil;
  };
  const std::vector<Broken> broken = {
      {"its area \"north\" names the unknown area \"x\"",
       [](DefinitionChange& c) { c.areas.at(1).parent_id = "x"; }},
      {"its areas have 2 roots", [](DefinitionChange& c) { c.areas.at(1).parent_id = ""; }},
      {"its areas have 0 roots", [](DefinitionChange& c) { c.areas.at(0).parent_id = "north"; }},
      {"its areas have 0 roots", [](DefinitionChange& c) { c.areas.clear(); }},
      {"is inside itself", [](DefinitionChange& c) { c.areas.at(1).parent_id = "north"; }},
      {"its contest \"president\" names the unknown area \"\"",
       [](DefinitionChange& c) { c.contests.at(0).area_id = ""; }},
      {"its station \"s-2\" names the unknown area \"x\"",
       [](DefinitionChange& c) { c.stations.at(1).area_id = "x"; }},
      {"its station \"s-3\" names the unknown station \"s-9\"",
       [](DefinitionChange& c) { c.stations.at(2).counted_at_station_id = "s-9"; }},
  };
  for (const Broken& each : broken) {
    std::vector<Entry> entries = DefinitionEntries();
    each.spoil(std::get<DefinitionChange>(entries.front().event));
    const std::vector<std::string> bytes = BytesOf(entries);
    ElectionLedger folded("e-1");
    ASSERT_TRUE(folded.Append(bytes.at(0)).ok());
    const absl::Status sealed = folded.Append(bytes.at(1));
    EXPECT_EQ(DetailOf(sealed).reason, "ENTRY_OUT_OF_PLACE") << each.problem;
    EXPECT_THAT(std::string(sealed.message()), HasSubstr(std::string(each.problem)));
  }
}

// A change that a writer would have refused, since the count cannot follow it.
TEST(ElectionLedgerTest, RefusesADefinitionThatMovesReports) {
  using election::DefinitionChange;
  struct Move {
    std::string_view problem;
    DefinitionChange change;
  };
  const election::DefinitionChange first =
      std::get<DefinitionChange>(DefinitionEntries().front().event);
  election::Station station = first.stations.at(0);
  station.area_id = "country";
  election::Area area{.id = "south", .parent_id = "country", .kind = "region"};
  election::Area moved = first.areas.at(1);
  moved.parent_id = "south";
  election::Contest contest = first.contests.at(0);
  contest.area_id = "south";
  election::Contest wider = first.contests.at(0);
  wider.candidates.push_back({.id = "d"});
  const std::vector<Move> moves = {
      {"it moves station s-1, which has reports", {.stations = {station}}},
      {"it moves area north, which has reports", {.areas = {area, moved}}},
      {"it moves contest president, which has reports", {.contests = {contest}, .areas = {area}}},
      {"it moves contest president, which has reports", {.contests = {wider}}}};
  for (const Move& each : moves) {
    std::vector<Entry> entries = Evening().entries();
    const auto append = [&entries](election::Event event) {
      entries.push_back({.sequence = static_cast<std::int64_t>(entries.size()) + 1,
                         .recorded_at = entries.back().recorded_at,
                         .actor = "local",
                         .event = std::move(event)});
    };
    append(each.change);
    append(election::DefinitionSeal{.parts = 1,
                                    .digest = Sha256OfHashes({LeafHash(Encode(entries.back()))})});
    const std::vector<std::string> bytes = BytesOf(entries);
    ElectionLedger folded("e-1");
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
      ASSERT_TRUE(folded.Append(bytes[i]).ok()) << i;
    }
    const absl::Status sealed = folded.Append(bytes.back());
    EXPECT_EQ(DetailOf(sealed).reason, "ENTRY_OUT_OF_PLACE") << each.problem;
    EXPECT_THAT(std::string(sealed.message()), HasSubstr(std::string(each.problem)));
  }
}

TEST(ElectionLedgerTest, PartsMayNameWhatWasDefinedBeforeOrComesInALaterPiece) {
  const std::vector<Entry> first = DefinitionEntries();
  std::vector<Entry> entries = first;
  const auto append = [&entries](election::Event event) {
    Entry entry = NextEntry(std::move(event));
    entry.sequence = static_cast<std::int64_t>(entries.size()) + 1;
    entries.push_back(std::move(entry));
  };
  append(election::DefinitionChange{
      .stations = {{.id = "s-4", .area_id = "east", .counted_at_station_id = "s-5"},
                   {.id = "s-6", .area_id = "north", .counted_at_station_id = "s-1"}},
      .reason = "r"});
  append(election::DefinitionChange{.areas = {{.id = "east", .parent_id = "country"}},
                                    .stations = {{.id = "s-5", .area_id = "east"}},
                                    .reason = "r"});
  append(election::DefinitionSeal{.parts = 2});
  ElectionLedger folded("e-1");
  AppendAll(BytesOf(entries), folded);
  EXPECT_EQ(folded.count().ProgressOfArea(0, 0, 0).expected, 6);
}

TEST(ElectionLedgerTest, RefusesDecisionsOnWhatIsNotThere) {
  std::vector<std::string> before = BytesOf(DefinitionEntries());
  before.push_back(Encode(NextEntry(SomeReport())));
  Entry next = NextEntry(election::ReportAnnulment{.key = SomeReport().key, .revision = 1});
  next.sequence = 4;
  using election::ReportAnnulment;
  ExpectRefused(
      before, next,
      {{"decides about revision 2 of a report, but the newest is 1",
        Spoil<ReportAnnulment>([](auto& a) { a.revision = 2; })},
       {"decides about revision 0", Spoil<ReportAnnulment>([](auto& a) { a.revision = 0; })},
       {"decides about revision 1 of a report, but the newest is 0",
        Spoil<ReportAnnulment>([](auto& a) { a.key.station_no = 0; })},
       {"the newest is 0",
        [](Entry& entry) { entry.event = election::ReportRelease{.revision = 1}; }},
       {"the newest is 0",
        [](Entry& entry) { entry.event = election::ReportReinstatement{.revision = 1}; }}});
  ExpectRefused(
      before, next,
      {{"annulment of revision 1, but the annulment in force is of revision 0", [](Entry& entry) {
          entry.event = election::ReportReinstatement{.key = SomeReport().key, .revision = 1};
        }}});
}

// Whoever reads a ledger sees that two operators decided where two must.
TEST(ElectionLedgerTest, RefusesWhatOneOperatorDecidedAlone) {
  using election::AnnulmentProposal;
  using election::ReportAnnulment;
  using election::ResultCertification;
  const ReportAnnulment annulment{.key = SomeReport().key, .revision = 1, .reason = "fraud"};
  ReportAnnulment confirmed = annulment;
  confirmed.proposed_by = "operator/anna";
  std::vector<std::string> before = BytesOf(DefinitionEntries(/*two_operators=*/true));
  const auto next = [&before](election::Event event, std::string actor) {
    Entry entry = NextEntry(std::move(event));
    entry.sequence = static_cast<std::int64_t>(before.size()) + 1;
    entry.actor = std::move(actor);
    return entry;
  };
  before.push_back(Encode(next(SomeReport(), "local")));
  before.push_back(Encode(next(AnnulmentProposal{annulment}, "operator/anna")));
  ExpectRefused(
      before, next(confirmed, "operator/boris"),
      {{"only one operator decided it",
        Spoil<ReportAnnulment>([](auto& a) { a.proposed_by.reset(); })},
       {"they are not two operators", [](Entry& entry) { entry.actor = "operator/anna"; }},
       {"they are not two operators", [](Entry& entry) { entry.actor = "local"; }},
       {"it confirms a proposal of operator/carl that there is not",
        Spoil<ReportAnnulment>([](auto& a) { a.proposed_by = "operator/carl"; })},
       {"it confirms a proposal of operator/anna that there is not",
        Spoil<ReportAnnulment>([](auto& a) { a.reason = "another"; })},
       {"it proposes what somebody proposed before",
        [&](Entry& entry) { entry.event = AnnulmentProposal{confirmed}; }},
       {"only one operator decided it", [](Entry& entry) { entry.event = ResultCertification(); }},
       {"it confirms a proposal of operator/anna that there is not",
        [](Entry& entry) { entry.event = ResultCertification{.proposed_by = "operator/anna"}; }}});
  ElectionLedger folded("e-1");
  before.push_back(Encode(next(confirmed, "operator/boris")));
  AppendAll(before, folded);
  EXPECT_EQ(folded.count().TallyOfArea(0, 0, 0).reports, 0);
  EXPECT_EQ(folded.count().FindAnnulmentProposal(annulment.key), nullptr);
}

TEST(ElectionLedgerTest, RefusesADefinitionThatTakesTheSecondOperatorAway) {
  std::vector<Entry> entries = DefinitionEntries(/*two_operators=*/true);
  election::DefinitionChange change{
      .election = std::get<election::DefinitionChange>(entries.front().event).election,
      .reason = "r"};
  change.election->policy.reset();
  entries.push_back(NextEntry(change));
  entries.back().sequence = static_cast<std::int64_t>(entries.size());
  entries.push_back(NextEntry(election::DefinitionSeal{
      .parts = 1, .digest = Sha256OfHashes({LeafHash(Encode(entries.back()))})}));
  entries.back().sequence = static_cast<std::int64_t>(entries.size());
  ElectionLedger folded("e-1");
  const std::vector<std::string> bytes = BytesOf(entries);
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    ASSERT_EQ(folded.Append(bytes[i]), absl::OkStatus()) << i;
  }
  EXPECT_THAT(std::string(folded.Append(bytes.back()).message()),
              HasSubstr("it takes back that two operators decide"));
}

TEST(ElectionLedgerTest, RefusesFiguresOfUnknownParts) {
  using election::PollFigures;
  ExpectRefused(
      BytesOf(DefinitionEntries()),
      NextEntry(PollFigures{
          .source_no = 1, .area_no = 1, .shares = {{.candidate_no = 2, .share_percent = "5"}}}),
      {{"an unknown area", Spoil<PollFigures>([](auto& f) { f.area_no = 2; })},
       {"an unknown candidate", Spoil<PollFigures>([](auto& f) { f.shares[0].candidate_no = 3; })},
       {"an unknown source", Spoil<PollFigures>([](auto& f) { f.source_no = 2; })},
       {"revision 2 of poll figures, but the newest is 0",
        Spoil<PollFigures>([](auto& f) { f.revision = 2; })},
       {"an unknown candidate",
        [](Entry& entry) {
          entry.event = election::ResultCertification{.elected_candidate_nos = {3}};
        }},
       {"an unknown contest",
        [](Entry& entry) { entry.event = election::ResultCertification{.contest_no = 1}; }},
       {"an unknown contest",
        [](Entry& entry) { entry.event = election::ContestReopening{.contest_no = 1}; }}});
}

TEST(ElectionLedgerTest, RefusesADefinitionThatWasNotSealedAsItIs) {
  const std::vector<Entry> entries = DefinitionEntries();
  const std::vector<std::string> bytes = BytesOf(entries);
  ExpectRefused({bytes[0]}, Decode(bytes[1]).value(),
                {{"seals 2 definition entries, but there are 1",
                  Spoil<election::DefinitionSeal>([](auto& seal) { seal.parts = 2; })},
                 {"seals 0 definition entries",
                  Spoil<election::DefinitionSeal>([](auto& seal) { seal.parts = 0; })},
                 {"its digest does not match the definition entries",
                  Spoil<election::DefinitionSeal>([](auto& seal) { seal.digest[31] ^= 1U; })},
                 {"before the definition", [](Entry& entry) { entry.event = SomeReport(); }}});
  ExpectRefused({}, entries[0],
                {{"it defines election \"e-2\", but this is the ledger of \"e-1\"",
                  Spoil<election::DefinitionChange>([](auto& c) { c.election->id = "e-2"; })}});
}

// ---- Seals.

constexpr election::SealNonce kNonce{7};

election::SealedContent Secret(std::int32_t station_no, std::int32_t revision = 1) {
  return {
      .actor = "pollster",
      .event = election::ReportRecorded{
          .key = {.source_no = 1, .station_no = station_no},
          .revision = revision,
          .counts = {
              .interviews = true, .asked = 9, .refused = 2, .undecided = 1, .votes = {3, 2, 1}}}};
}

// A ledger with closed seals of the poll.
class SealedLedger {
 public:
  SealedLedger() { AppendAll(BytesOf(DefinitionEntries()), folded_); }

  absl::Status Append(election::Event event) {
    return folded_.Append(Encode({.sequence = folded_.sequence() + 1,
                                  .recorded_at = now_,
                                  .actor = "canvass",
                                  .event = std::move(event)}));
  }
  std::int64_t Seal(const election::SealedContent& content) {
    EXPECT_TRUE(Append(election::EmbargoSeal{.source_no = 1,
                                             .visible_from = kEmbargoEnds,
                                             .commitment = CommitmentTo(kNonce, content)})
                    .ok());
    return folded_.sequence();
  }
  absl::Status Open(std::int64_t seal, election::SealedContent content,
                    election::SealNonce nonce = kNonce) {
    return Append(election::SealOpening{
        .seal_sequence = seal, .nonce = nonce, .content = std::move(content)});
  }
  void SetTime(absl::Time now) { now_ = now; }
  const ElectionLedger& get() const { return folded_; }

 private:
  ElectionLedger folded_{"e-1"};
  absl::Time now_ = kEmbargoEnds;
};

TEST(SealTest, WhatItHidesCountsFromTheOpeningOn) {
  SealedLedger ledger;
  const std::int64_t seal = ledger.Seal(Secret(0));
  EXPECT_EQ(ledger.get().count().TallyOfArea(0, 1, 0).reports, 0);
  EXPECT_EQ(ledger.get().count().SealsOf(1).size(), 1);
  ASSERT_EQ(ledger.Open(seal, Secret(0)), absl::OkStatus());
  EXPECT_TRUE(ledger.get().count().SealsOf(1).empty());
  EXPECT_EQ(ledger.get().count().TallyOfArea(0, 1, 0).votes[0].total, 3);
  EXPECT_EQ(ledger.get().count().FindRevision({.source_no = 1, .station_no = 0}, 1), seal + 1);
  const Entry counted = ledger.get().CountedEntryAt(seal + 1);
  EXPECT_EQ(counted.actor, "pollster");
  EXPECT_EQ(counted.recorded_at, kEmbargoEnds);
  EXPECT_TRUE(std::holds_alternative<election::ReportRecorded>(counted.event));
  EXPECT_EQ(ledger.get().EntryAt(seal + 1).actor, "canvass");
}

TEST(SealTest, OnlyWhatItCommitsToOpensIt) {
  SealedLedger ledger;
  const std::int64_t first = ledger.Seal(Secret(0));
  const std::int64_t second = ledger.Seal(Secret(1));
  const auto problem = [&](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(problem(ledger.Open(first, Secret(1))), HasSubstr("not what seal 3 commits to"));
  EXPECT_THAT(problem(ledger.Open(first, Secret(0), {8})), HasSubstr("not what seal 3 commits to"));
  EXPECT_THAT(problem(ledger.Open(second, Secret(1))),
              HasSubstr("the next one of its source is 3"));
  EXPECT_THAT(problem(ledger.Open(99, Secret(0))), HasSubstr("the next one of its source is 3"));
  EXPECT_THAT(problem(ledger.Append(election::SealWithdrawal{.source_no = 0, .seal_sequence = 3})),
              HasSubstr("withdraws seal 3, which its source does not have"));
  EXPECT_EQ(ledger.get().count().SealsOf(1).size(), 2);
}

// What one operator decided under embargo, before the policy asked for two, is opened after it.
TEST(SealTest, WhatWasSealedBeforeTwoOperatorsWereAskedForIsOpened) {
  SealedLedger ledger;
  const auto report = ledger.Seal(Secret(0));
  const election::SealedContent annulment{
      .actor = "operator/anna",
      .event = election::ReportAnnulment{
          .key = {.source_no = 1, .station_no = 0}, .revision = 1, .reason = "a mistake"}};
  const std::int64_t seal = ledger.Seal(annulment);
  election::DefinitionChange change{.election = ledger.get().count().definition().election(),
                                    .reason = "the board asks for it"};
  change.election->policy = election::Policy{.two_operators = true};
  ASSERT_EQ(ledger.Append(change), absl::OkStatus());
  ASSERT_EQ(ledger.Append(election::DefinitionSeal{
                .parts = 1, .digest = Sha256OfHashes({ledger.get().log().LeafHashOf(seal + 1)})}),
            absl::OkStatus());
  ASSERT_EQ(ledger.Open(report, Secret(0)), absl::OkStatus());
  EXPECT_EQ(ledger.Open(seal, annulment), absl::OkStatus());
  EXPECT_EQ(ledger.get().count().TallyOfArea(0, 1, 0).reports, 0);
}

TEST(SealTest, NobodyOpensItEarly) {
  SealedLedger ledger;
  ledger.SetTime(kEmbargoEnds - absl::Microseconds(1));
  const std::int64_t seal = ledger.Seal(Secret(0));
  EXPECT_THAT(std::string(ledger.Open(seal, Secret(0)).message()),
              HasSubstr("under embargo until"));
  ledger.SetTime(kEmbargoEnds);
  EXPECT_EQ(ledger.Open(seal, Secret(0)), absl::OkStatus());
}

TEST(SealTest, WhatItHidesMustStillFollow) {
  SealedLedger ledger;
  const std::int64_t seal = ledger.Seal(Secret(0, /*revision=*/2));
  EXPECT_THAT(std::string(ledger.Open(seal, Secret(0, 2)).message()),
              HasSubstr("it is revision 2 of a report, but the newest is 0"));
}

TEST(SealTest, AWithdrawnOneIsNeverOpened) {
  SealedLedger ledger;
  const std::int64_t first = ledger.Seal(Secret(0));
  const std::int64_t second = ledger.Seal(Secret(1));
  ASSERT_EQ(ledger.Append(election::SealWithdrawal{
                .source_no = 1, .seal_sequence = first, .reason = "a mistake"}),
            absl::OkStatus());
  EXPECT_EQ(ledger.get().count().FindSeal(first), nullptr);
  EXPECT_EQ(ledger.get().count().FindWithdrawal(first)->sequence, second + 1);
  EXPECT_FALSE(ledger.Open(first, Secret(0)).ok());
  EXPECT_EQ(ledger.Open(second, Secret(1)), absl::OkStatus());
  EXPECT_EQ(ledger.get().count().TallyOfArea(0, 1, 0).reports, 1);
}

// All that anybody can see of two seals differs in 32 bytes, which nobody can foretell.
TEST(SealTest, AllSealsOfASourceLookTheSame) {
  const auto bytes_of = [](const election::SealedContent& content, election::SealNonce nonce) {
    return Encode({.sequence = 9,
                   .recorded_at = kEmbargoEnds,
                   .event = election::EmbargoSeal{.source_no = 1,
                                                  .visible_from = kEmbargoEnds,
                                                  .commitment = CommitmentTo(nonce, content)}});
  };
  const std::string report = bytes_of(Secret(0), {1});
  const std::string poll = bytes_of(
      {.actor = "somebody",
       .event = election::PollFigures{.source_no = 1, .shares = {{.share_percent = "93.9"}}}},
      {2});
  ASSERT_EQ(report.size(), poll.size());
  constexpr std::size_t kCommitmentBytes = 32;
  EXPECT_EQ(report.substr(0, report.size() - kCommitmentBytes),
            poll.substr(0, poll.size() - kCommitmentBytes));
  EXPECT_NE(bytes_of(Secret(0), {1}), bytes_of(Secret(0), {2})) << "the nonce matters";
}

}  // namespace
}  // namespace canvass::ledger
