// What SQL readers see of the ledger, and what each role may do.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "common/election/tally.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/aggregator/store/ledger_store.h"
#include "tests/services/aggregator/store/ledger_store_contract.h"
#include "tests/services/aggregator/store/postgres_database.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"
#include "tests/support/seed.h"
#include "tests/support/test_database.h"

namespace canvass::aggregator {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PostgresSchemaTest : public ::testing::Test {
 protected:
  PostgresSchemaTest() : ledger_(store_.Open()) {
    EXPECT_EQ(ledger_->TakeLead(), absl::OkStatus());
  }

  void Append(const Transaction& transaction) {
    ASSERT_EQ(ledger_->Append(transaction), absl::OkStatus());
  }

  // As whoever may read the views and nothing else.
  static std::vector<std::string> Read(const std::string& statement) {
    return testing::TestDatabase::Select(PostgresDatabase::database().reader_connection(),
                                         statement);
  }

  static std::vector<std::string> AsWriter(const std::string& statement) {
    return testing::TestDatabase::Select(PostgresDatabase::database().writer_connection(),
                                         statement);
  }

  PostgresDatabase store_;
  std::unique_ptr<LedgerStore> ledger_;
};

TEST_F(PostgresSchemaTest, EveryTableViewAndColumnIsDescribed) {
  EXPECT_THAT(
      PostgresDatabase::database().Select(
          "SELECT c.relname, a.attname FROM pg_class c "
          "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
          "WHERE c.relnamespace = 'canvass'::regnamespace AND c.relkind IN ('r', 'v') "
          "AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)"),
      IsEmpty());
}

TEST_F(PostgresSchemaTest, TheWriterCanAddAndNeverChange) {
  RecordedElection election(SmallDefinition());
  Append(election.Next());
  const std::vector<std::string> tables = {"entries",  "elections",  "election_versions",
                                           "contests", "candidates", "sources",
                                           "areas",    "stations"};
  for (const std::string& table : tables) {
    for (const std::string& statement :
         {StrCat("UPDATE canvass.", table, " SET election_no = 7"),
          StrCat("DELETE FROM canvass.", table), StrCat("TRUNCATE canvass.", table),
          StrCat("DROP TABLE canvass.", table)}) {
      EXPECT_THAT(AsWriter(statement),
                  ElementsAre(::testing::ContainsRegex("permission denied|must be owner")))
          << statement;
    }
    EXPECT_EQ(AsWriter(StrCat("SELECT count(*) > 0 FROM canvass.", table)),
              std::vector<std::string>{"t"});
  }
  for (const std::string statement :
       {"UPDATE canvass.ledger SET ledger_id = gen_random_uuid()", "DELETE FROM canvass.writer",
        "INSERT INTO canvass.schema_migrations VALUES (9, 'x')", "CREATE TABLE canvass.mine ()",
        "UPDATE canvass.refused_reports SET actor = 'x'"}) {
    EXPECT_THAT(AsWriter(statement), ElementsAre(HasSubstr("permission denied"))) << statement;
  }
}

TEST_F(PostgresSchemaTest, TheReaderSeesTheLedgerAndTheViews) {
  const std::set<std::string> ledger = {"elections", "entries",    "election_versions",
                                        "contests",  "candidates", "sources",
                                        "areas",     "stations"};
  for (const std::string& table : PostgresDatabase::database().Select(
           "SELECT relname FROM pg_class WHERE relnamespace = 'canvass'::regnamespace "
           "AND relkind = 'r'")) {
    const std::vector<std::string> rows = Read(StrCat("SELECT * FROM canvass.", table));
    if (ledger.contains(table)) {
      EXPECT_THAT(rows, IsEmpty()) << table;
    } else {
      EXPECT_THAT(rows, ElementsAre(HasSubstr("permission denied"))) << table;
    }
  }
  for (const std::string view :
       {"current_elections", "current_areas", "area_closure", "current_contests",
        "current_candidates", "current_sources", "current_stations", "current_reports",
        "candidate_totals", "area_totals", "contest_totals", "station_reports", "ledger_entries",
        "counting_reports"}) {
    EXPECT_THAT(Read(StrCat("SELECT * FROM canvass.", view)), IsEmpty()) << view;
  }
  EXPECT_THAT(Read("SELECT canvass.assert_writer(gen_random_uuid())"),
              ElementsAre(HasSubstr("permission denied")));
}

TEST_F(PostgresSchemaTest, ShowsTheDefinitionAsItIsNow) {
  testing::DefinitionBuilder definition = SmallDefinition();
  definition.WithArea("far-north", "north")
      .WithStation({.id = "s-4",
                    .area_id = "far-north",
                    .names = {{"az",
                               "M\xC9\x99kt\xC9\x99"
                               "b"},
                              {"en", "School"}},
                    .tags = {"rural", "new"},
                    .registered_voters = 12});
  RecordedElection election(definition);
  Append(election.Next());
  ASSERT_EQ(election->Change({.areas = {{.id = "west", .parent_id = "country"}},
                              .stations = {{.id = "s-2", .closed_reason = "flood"},
                                           {.id = "s-5", .area_id = "west"},
                                           {.id = "s-3", .counted_at_station_id = "s-1"}},
                              .reason = "flood"}),
            absl::OkStatus());
  Append(election.Next());

  EXPECT_FALSE(ReplayAll(*ledger_).empty()) << "the tables say what the entries say";
  EXPECT_THAT(
      Read("SELECT area_no, area_id, parent_id FROM canvass.current_areas ORDER BY area_no"),
      ElementsAre("0|country|", "1|north|country", "2|south|country", "3|far-north|north",
                  "4|west|country"));
  EXPECT_THAT(Read("SELECT station_no, station_id, area_id, counted_at_station_id, closed, "
                   "closed_reason, registered_voters, tags FROM canvass.current_stations "
                   "ORDER BY station_no"),
              ElementsAre("0|s-1|north||f||500|{}", "1|s-2|north||t|flood|500|{}",
                          "2|s-3|south|s-1|f||500|{}", "3|s-4|far-north||f||12|{rural,new}",
                          "4|s-5|west||f|||{}"));
  EXPECT_THAT(Read("SELECT names ->> 'az', names ->> 'en' FROM canvass.current_stations "
                   "WHERE station_id = 's-4'"),
              ElementsAre("M\xC9\x99kt\xC9\x99"
                          "b|School"));
  EXPECT_THAT(Read("SELECT contest_id, candidate_no, candidate_id FROM canvass.current_candidates "
                   "ORDER BY candidate_no"),
              ElementsAre("president|0|a", "president|1|b", "president|2|c"));
  EXPECT_THAT(Read("SELECT a.area_id FROM canvass.area_closure u JOIN canvass.current_areas a ON "
                   "a.election_no = u.election_no AND a.area_no = u.below_no WHERE u.area_no = 1 "
                   "ORDER BY a.area_no"),
              ElementsAre("north", "far-north"));
  EXPECT_THAT(Read("SELECT sequence, kind, reason FROM canvass.ledger_entries ORDER BY sequence"),
              ElementsAre("1|DEFINITION_CHANGE|", "2|DEFINITION_SEAL|", "3|DEFINITION_CHANGE|flood",
                          "4|DEFINITION_SEAL|"));
}

// Reckoned by hand.
TEST_F(PostgresSchemaTest, AddsUpTheCountingReports) {
  RecordedElection election(SmallDefinition());
  const auto report = [](const std::string& station, const std::vector<std::int64_t>& votes) {
    return testing::ReportBuilder()
        .WithStation(station)
        .WithBlank(1)
        .WithInvalid(1)
        .WithRegistered(400)
        .WithBalancedVotes(votes);
  };
  election->Submit(report("s-1", {60, 30, 8}).Build());
  election->Submit(report("s-2", {10, 20, 30}).Build());
  election->Submit(report("s-3", {5, 5, 5}).WithRegistered(std::nullopt).Build());
  // Held: 402 ballots, 400 voters. The revision before it goes on counting.
  election->Submit(report("s-2", {100, 200, 100}).WithRevision(2).Build());
  // A correction that counts.
  election->Submit(report("s-3", {6, 5, 5}).WithRevision(2).Build());
  ASSERT_TRUE(election
                  ->Annul({.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
                           .reason = "fire"})
                  .ok());
  Append(election.Next());

  const std::string totals =
      "SELECT area_id, reports, registered_voters, ballots_cast, blank_votes, invalid_votes, "
      "votes, "
      "without_registered_voters FROM canvass.area_totals ORDER BY area_no";
  EXPECT_THAT(Read(totals),
              ElementsAre("country|2|800|80|2|2|{16,25,35}|0", "north|1|400|62|1|1|{10,20,30}|0",
                          "south|1|400|18|1|1|{6,5,5}|0"));
  EXPECT_THAT(Read("SELECT candidate_id, votes FROM canvass.candidate_totals "
                   "WHERE area_id = 'country' ORDER BY candidate_no"),
              ElementsAre("a|16", "b|25", "c|35"));
  EXPECT_THAT(Read("SELECT area_id, reports FROM canvass.area_totals "
                   "WHERE parent_id = 'country' ORDER BY area_no"),
              ElementsAre("north|1", "south|1"));
  EXPECT_THAT(Read("SELECT area_id, candidate_id, votes FROM canvass.candidate_totals "
                   "WHERE parent_id IS NULL AND candidate_no = 0"),
              ElementsAre("country|a|16"));
  EXPECT_THAT(Read("SELECT station_id, revision, state, findings FROM canvass.station_reports "
                   "WHERE area_id = 'north' ORDER BY station_id, revision"),
              ElementsAre("s-1|1|ANNULLED|", "s-2|1|COUNTED|",
                          "s-2|2|HELD|{CAST_ABOVE_REGISTERED,ISSUED_ABOVE_REGISTERED}"));
  EXPECT_THAT(Read("SELECT station_id, revision, state FROM canvass.station_reports "
                   "WHERE area_id = 'south' ORDER BY revision"),
              ElementsAre("s-3|1|SUPERSEDED", "s-3|2|COUNTED"));

  ASSERT_TRUE(election
                  ->Release({.key = {.election_id = "e-1", .station_id = "s-2", .revision = 2},
                             .reason = "checked"})
                  .ok());
  ASSERT_TRUE(election
                  ->Reinstate({.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
                               .reason = "no fire"})
                  .ok());
  Append(election.Next());
  EXPECT_THAT(Read(totals),
              ElementsAre("country|3|1200|520|3|3|{166,235,113}|0",
                          "north|2|800|502|2|2|{160,230,108}|0", "south|1|400|18|1|1|{6,5,5}|0"));
}

TEST_F(PostgresSchemaTest, AReinstatementTakesBackOnlyTheAnnulmentThatItNames) {
  RecordedElection election(SmallDefinition());
  const auto decide = [](std::int32_t revision) {
    return election::ReportDecisionRequest{
        .key = {.election_id = "e-1", .station_id = "s-1", .revision = revision},
        .reason = "decided"};
  };
  election->Submit(testing::ReportBuilder().WithStation("s-1").Build());
  ASSERT_TRUE(election->Annul(decide(1)).ok());
  election->Submit(testing::ReportBuilder().WithStation("s-1").WithRevision(2).Build());
  ASSERT_TRUE(election->Annul(decide(2)).ok());
  ASSERT_TRUE(election->Reinstate(decide(2)).ok());
  Append(election.Next());
  const std::string states =
      "SELECT revision, state FROM canvass.station_reports ORDER BY revision";
  EXPECT_THAT(Read(states), ElementsAre("1|ANNULLED", "2|HELD"));
  EXPECT_THAT(Read("SELECT reports FROM canvass.area_totals WHERE area_id = 'country'"),
              ElementsAre("0"));
  ASSERT_TRUE(election->Reinstate(decide(1)).ok());
  Append(election.Next());
  EXPECT_THAT(Read(states), ElementsAre("1|COUNTED", "2|HELD"));
}

TEST_F(PostgresSchemaTest, AProposalTakesNothingOutOfTheTotals) {
  testing::DefinitionBuilder definition = SmallDefinition();
  RecordedElection election(definition.WithPolicy({.two_operators = true}));
  election->Submit(testing::ReportBuilder().WithStation("s-1").Build());
  const election::ReportDecisionRequest request{
      .key = {.election_id = "e-1", .station_id = "s-1", .revision = 1}, .reason = "fire"};
  ASSERT_TRUE(election->Annul(request, "operator/anna").ok());
  Append(election.Next());
  const std::string reports = "SELECT reports FROM canvass.area_totals WHERE area_id = 'country'";
  const std::string state = "SELECT state FROM canvass.station_reports";
  EXPECT_THAT(Read(reports), ElementsAre("1"));
  EXPECT_THAT(Read(state), ElementsAre("COUNTED"));

  ASSERT_TRUE(election->Annul(request, "operator/boris").ok());
  Append(election.Next());
  EXPECT_THAT(Read(reports), ElementsAre("0"));
  EXPECT_THAT(Read(state), ElementsAre("ANNULLED"));
  EXPECT_THAT(Read("SELECT kind, actor, proposed_by, station_id, reason FROM "
                   "canvass.ledger_entries WHERE sequence > 3 ORDER BY sequence"),
              ElementsAre("ANNULMENT_PROPOSAL|operator/anna||s-1|fire",
                          "REPORT_ANNULMENT|operator/boris|operator/anna|s-1|fire"));
  EXPECT_THAT(Read("SELECT two_operators FROM canvass.current_elections"), ElementsAre("t"));
}

// Everything that a seal hides: not there for the reader, whatever it asks.
TEST_F(PostgresSchemaTest, WhatIsSealedIsShownWhenItIsOpened) {
  testing::DefinitionBuilder definition = SmallDefinition();
  definition.WithSource({.id = "poll",
                         .kind = election::SourceKind::kExitPoll,
                         .visible_from = absl::FromUnixSeconds(1'707'321'600)});
  RecordedElection election(definition);
  const election::SealedContent content{
      .actor = "pollster",
      .event = election::ReportRecorded{.key = election->KeyOf("president", "poll", "s-1"),
                                        .counts = {.interviews = true,
                                                   .asked = 100,
                                                   .refused = 20,
                                                   .undecided = 5,
                                                   .votes = {50, 20, 5}}}};
  const std::int64_t seal = election->Seal(content);
  const std::int64_t withdrawn = election->Seal(content);
  Transaction transaction = election.Next();
  for (const std::int64_t sequence : {seal, withdrawn}) {
    transaction.sealed.push_back({.election_id = "e-1", .sequence = sequence, .content = content});
  }
  Append(transaction);

  for (const std::string view : {"current_reports", "station_reports"}) {
    EXPECT_THAT(Read(StrCat("SELECT * FROM canvass.", view)), IsEmpty()) << view;
  }
  EXPECT_THAT(Read("SELECT reports, asked FROM canvass.area_totals WHERE source_id = 'poll' "
                   "AND area_id = 'country'"),
              ElementsAre("0|0"));
  EXPECT_THAT(Read("SELECT kind, actor, contest_id, source_id, station_id, revision, reason, "
                   "seal_sequence FROM canvass.ledger_entries WHERE sequence = 3"),
              ElementsAre("EMBARGO_SEAL|local||poll||||"));
  for (const std::string statement : {"SELECT * FROM canvass.sealed_contents",
                                      "EXPLAIN ANALYZE SELECT * FROM canvass.sealed_contents"}) {
    EXPECT_THAT(Read(statement), ElementsAre(HasSubstr("permission denied"))) << statement;
  }
  EXPECT_EQ(AsWriter("SELECT count(*) FROM canvass.sealed_contents"),
            std::vector<std::string>{"2"});
  for (const std::string statement :
       {"UPDATE canvass.sealed_contents SET content = ''", "DELETE FROM canvass.sealed_contents"}) {
    EXPECT_THAT(AsWriter(statement), ElementsAre(HasSubstr("permission denied"))) << statement;
  }

  election->Open(seal);
  ASSERT_TRUE(election->Withdraw({.seal_sequence = withdrawn, .reason = "a mistake"}).ok());
  Append(election.Next());
  EXPECT_THAT(Read("SELECT asked, refused, undecided, votes FROM canvass.area_totals "
                   "WHERE source_id = 'poll' AND area_id = 'country'"),
              ElementsAre("100|20|5|{50,20,5}"));
  EXPECT_THAT(Read("SELECT station_id, state, sequence, actor FROM canvass.station_reports"),
              ElementsAre("s-1|COUNTED|5|pollster"));
  EXPECT_THAT(
      Read("SELECT kind, actor, source_id, station_id, reason, seal_sequence "
           "FROM canvass.ledger_entries WHERE sequence > 4 ORDER BY sequence"),
      ElementsAre("SEAL_OPENING|pollster|poll|s-1||3", "SEAL_WITHDRAWAL|local|poll||a mistake|4"));
  std::vector<std::int64_t> closed;
  EXPECT_EQ(ledger_->ReplaySealed([&](const SealedItem& item) { closed.push_back(item.sequence); }),
            absl::OkStatus());
  EXPECT_THAT(closed, IsEmpty());
}

// An election of several contests and sources on a deep tree of areas, in which anything may
// happen.
class RandomElection {
 public:
  explicit RandomElection(std::uint64_t seed) : random_(seed), election_(Define()) {}

  // One thing that happens, if it may.
  void Step() {
    const std::string contest = Pick({"president", "mayor"});
    const std::string source = Pick({"cec", "observers", "poll"});
    const std::string station = StrCat("s-", Number(1, kStations));
    const election::StationStanding standing =
        election_->count().StandingOf(election_->KeyOf(contest, source, station));
    const election::ReportDecisionRequest decision{.key = {.election_id = "e-1",
                                                           .contest_id = contest,
                                                           .source_id = source,
                                                           .station_id = station,
                                                           .revision = standing.newest_revision},
                                                   .reason = StrCat("decided ", Number(1, 100)),
                                                   .station_expected_again = Number(0, 1) == 1};
    switch (Number(0, 9)) {
      case 0:
        (void)election_->Annul(decision);
        break;
      case 1:
        (void)election_->Release(decision);
        break;
      case 2: {
        election::ReportDecisionRequest reinstatement = decision;
        reinstatement.key.revision = standing.annulled_revision;
        (void)election_->Reinstate(reinstatement);
        break;
      }
      default:
        election_->Submit(Report(contest, source, station, standing.newest_revision + 1));
    }
  }

  RecordedElection& recorded() { return election_; }

 private:
  static constexpr int kStations = 12;

  static testing::DefinitionBuilder Define() {
    testing::DefinitionBuilder definition;
    definition.WithArea("north").WithArea("south").WithArea("far-north", "north");
    definition.WithArea("pole", "far-north");
    definition.WithContest("mayor", "north", {"m", "n"});
    definition.WithSource({.id = "observers", .kind = election::SourceKind::kParallelCount});
    definition.WithSource({.id = "poll", .kind = election::SourceKind::kExitPoll});
    const std::vector<std::string> areas = {"north", "south", "far-north", "pole", "country"};
    for (int i = 1; i <= kStations; ++i) {
      definition.WithStation(testing::MakeStation(StrCat("s-", i), areas[Index(i) % areas.size()]));
    }
    return definition;
  }

  int Number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  std::string Pick(const std::vector<std::string>& from) {
    return from[Index(Number(0, static_cast<int>(from.size()) - 1))];
  }
  std::optional<std::int64_t> Maybe(std::int64_t number) {
    return Number(0, 3) == 0 ? std::nullopt : std::optional(number);
  }

  election::StationReport Report(const std::string& contest, const std::string& source,
                                 const std::string& station, int revision) {
    election::StationReport report{.election_id = "e-1",
                                   .contest_id = contest,
                                   .source_id = source,
                                   .station_id = station,
                                   .revision = revision,
                                   .reason = revision > 1 ? "correction" : ""};
    std::vector<election::CandidateCount> votes;
    std::int64_t sum = 0;
    for (const char* candidate : {"a", "b", "c"}) {
      const bool mayor = contest == "mayor";
      if (mayor && std::string(candidate) == "c") continue;
      const std::string id = !mayor ? candidate : std::string(candidate) == "a" ? "m" : "n";
      votes.push_back({.candidate_id = id, .count = Number(0, 300)});
      sum += *votes.back().count;
    }
    const int blank = Number(0, 9);
    const int invalid = Number(0, 9);
    if (source == "poll") {
      report.count = election::InterviewCount{
          .asked = sum + blank + invalid, .refused = blank, .undecided = invalid, .answers = votes};
    } else {
      const std::int64_t cast = sum + blank + invalid;
      report.count = election::BallotCount{.registered_voters = Maybe(cast + Number(-50, 200)),
                                           .ballots_issued = Maybe(cast),
                                           .ballots_cast = cast,
                                           .blank_votes = blank,
                                           .invalid_votes = invalid,
                                           .votes = votes};
    }
    return report;
  }

  std::mt19937_64 random_;
  RecordedElection election_;
};

// What area_totals must show of a tally.
std::string RowOf(const election::Tally& tally, std::size_t candidates) {
  std::vector<std::int64_t> votes(candidates);
  for (std::size_t i = 0; i < tally.votes.size(); ++i) votes[i] = tally.votes[i].total;
  return absl::StrJoin(
             {std::int64_t{tally.reports}, tally.registered_voters.total,
              tally.ballots_issued.total, tally.ballots_cast.total, tally.blank_votes.total,
              tally.invalid_votes.total, tally.asked.total, tally.refused.total,
              tally.undecided.total, std::int64_t{tally.registered_voters.unknown}},
             "|") +
         "|{" + absl::StrJoin(votes, ",") + "}";
}

// Calls `visit` with each contest and source.
void ForEachCount(const election::Definition& definition,
                  const std::function<void(int contest_no, int source_no)>& visit) {
  for (int contest = 0; contest < static_cast<int>(definition.contests().size()); ++contest) {
    for (int source = 0; source < static_cast<int>(definition.sources().size()); ++source) {
      visit(contest, source);
    }
  }
}

// The rows of area_totals, as the fold has them: areas of the contest, also where nothing is
// counted.
std::vector<std::string> AreaRows(const election::Count& count) {
  const election::Definition& definition = count.definition();
  std::vector<std::string> rows;
  int reports = 0;
  ForEachCount(definition, [&](int contest, int source) {
    const std::size_t candidates = definition.contests()[Index(contest)].candidates.size();
    for (int area = 0; area < static_cast<int>(definition.areas().size()); ++area) {
      if (!definition.IsWithin(area, definition.AreaOfContest(contest))) continue;
      const election::Tally& tally = count.TallyOfArea(contest, source, area);
      reports += tally.reports;
      rows.push_back(StrCat(contest, "|", source, "|", area, "|", RowOf(tally, candidates)));
    }
  });
  EXPECT_GT(reports, 50) << "hardly anything was counted: the test tests nothing";
  return rows;
}

// Contest, source and station of each that ever reported, with newest and counting revision, the
// latter's sequence, and whether there is one.
std::vector<std::string> StationRows(const election::Count& count) {
  const election::Definition& definition = count.definition();
  std::vector<std::string> rows;
  ForEachCount(definition, [&](int contest, int source) {
    for (int station = 0; station < static_cast<int>(definition.stations().size()); ++station) {
      const election::StationStanding standing =
          count.StandingOf({.contest_no = contest, .source_no = source, .station_no = station});
      if (standing.newest_revision == 0) continue;
      rows.push_back(StrCat(contest, "|", source, "|", station, "|", standing.newest_revision, "|",
                            standing.counting_revision, "|", standing.counting_sequence, "|",
                            standing.counting_revision > 0 ? 1 : 0));
    }
  });
  return rows;
}

TEST_F(PostgresSchemaTest, GivesTheSameIntegersAsTheFold) {
  for (const std::uint64_t seed : testing::SeedsToTry(3)) {
    SCOPED_TRACE(StrCat("seed ", seed));
    const PostgresDatabase fresh;
    ASSERT_EQ(ledger_->TakeLead(), absl::OkStatus());
    RandomElection random(seed);
    for (int i = 0; i < 400; ++i) {
      random.Step();
      if (i % 50 == 49) Append(random.recorded().Next());
    }
    const std::vector<std::string> folded = AreaRows(random.recorded()->count());
    for (const std::string view : {"area_totals", "contest_totals"}) {
      EXPECT_EQ(Read(StrCat("SELECT contest_no, source_no, area_no, reports, registered_voters, "
                            "ballots_issued, ballots_cast, blank_votes, invalid_votes, asked, "
                            "refused, undecided, without_registered_voters, votes FROM canvass.",
                            view, " ORDER BY contest_no, source_no, area_no")),
                folded)
          << view;
    }
    EXPECT_THAT(Read("SELECT * FROM canvass.area_totals EXCEPT TABLE canvass.contest_totals"),
                IsEmpty());
    // What area_totals shows of the country if there are many stations.
    constexpr char kSums[] =
        "reports, registered_voters, ballots_issued, ballots_cast, blank_votes, invalid_votes, "
        "asked, refused, undecided, votes, without_registered_voters";
    EXPECT_EQ(Read(StrCat("SELECT contest_no, source_no, s.* FROM canvass.area_totals p, "
                          "LATERAL (SELECT ",
                          kSums,
                          " FROM canvass.whole_sums(p.election_no, "
                          "p.contest_no, p.source_no, cardinality(p.votes))) s "
                          "WHERE parent_id IS NULL ORDER BY contest_no, source_no")),
              Read(StrCat("SELECT contest_no, source_no, ", kSums,
                          " FROM canvass.area_totals "
                          "WHERE parent_id IS NULL ORDER BY contest_no, source_no")));
    EXPECT_THAT(
        Read("SELECT election_no, contest_no, source_no, station_no, area_no, revision, sequence "
             "FROM canvass.counting_reports EXCEPT SELECT election_no, contest_no, source_no, "
             "station_no, NULL::integer, revision, sequence FROM canvass.current_reports"),
        IsEmpty());
    EXPECT_EQ(Read("SELECT count(*) FROM canvass.counting_reports"),
              Read("SELECT count(*) FROM canvass.current_reports"));
    EXPECT_EQ(Read("SELECT contest_no, source_no, station_no, max(revision), "
                   "coalesce(max(revision) FILTER (WHERE state = 'COUNTED'), 0), "
                   "coalesce(max(sequence) FILTER (WHERE state = 'COUNTED'), 0), "
                   "count(*) FILTER (WHERE state = 'COUNTED') "
                   "FROM canvass.station_reports GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"),
              StationRows(random.recorded()->count()));
  }
}

}  // namespace
}  // namespace canvass::aggregator
