#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/report_check.h"
#include "common/election/tally.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/reference_count.h"
#include "tests/support/report_builder.h"
#include "tests/support/seed.h"

namespace canvass::election {
namespace {

using ::canvass::testing::CheckedLedger;
using ::canvass::testing::DefinitionBuilder;
using ::canvass::testing::MakeStation;
using ::canvass::testing::ReferenceCount;

const std::array<std::string, 5> kLeafAreas{"north", "south", "harbour", "hills", "island"};

// Two contests, one of them regional; two official sources, observers, a poll of a sample.
DefinitionBuilder Country(bool two_operators = false) {
  DefinitionBuilder definition;
  definition.WithPolicy({.two_operators = two_operators});
  definition.WithArea("north")
      .WithArea("south")
      .WithArea("harbour", "south")
      .WithArea("hills", "north")
      .WithArea("island", "harbour")
      .WithContest("mayor", "south", {"d", "e"})
      .WithSource({.id = "court", .kind = SourceKind::kOfficial})
      .WithSource({.id = "observers", .kind = SourceKind::kParallelCount})
      .WithSource({.id = "poll", .kind = SourceKind::kExitPoll, .sample_tag = "sample"});
  for (int i = 0; i < 12; ++i) {
    Station station =
        MakeStation("s-" + std::to_string(i),
                    kLeafAreas[static_cast<std::size_t>(i) % kLeafAreas.size()], 100 + i, {});
    if (i % 3 == 0) station.tags.emplace_back("sample");
    if (i % 4 == 0) station.tags.emplace_back("abroad");
    definition.WithStation(std::move(station));
  }
  return definition;
}

// One election night at random. Whatever it proposes, only what the checkers let pass is appended.
class RandomNight {
 public:
  explicit RandomNight(std::uint64_t seed)
      : random_(seed), ledger_(Country(/*two_operators=*/seed % 3 == 0)) {}

  // How often the night came into a situation that is easily missed.
  struct Reached {
    int annulled_while_held = 0;
    int closed_after_annulment = 0;  // or merged
    int moved = 0;                   // stations and areas without reports
  };

  const CheckedLedger& ledger() const { return ledger_; }
  const Reached& reached() const { return reached_; }

  void Step() {
    switch (Below(20)) {
      case 0:
        Change();
        break;
      case 1:
      case 2:
        ReleaseOne();
        break;
      case 3:
      case 4:
        AnnulOne();
        break;
      case 5:
        ReinstateOne();
        break;
      case 6:
        Certify();
        break;
      case 7:
        Reopen();
        break;
      case 8:
        Publish();
        break;
      default:
        Submit();
    }
  }

 private:
  int Below(int end) { return static_cast<int>(random_() % static_cast<std::uint64_t>(end)); }
  bool OneIn(int n) { return Below(n) == 0; }

  const Definition& definition() const { return ledger_.count().definition(); }
  std::string AnyOperator() { return OneIn(2) ? "operator/anna" : "operator/boris"; }
  const Contest& AnyContest() {
    return definition().contests()[static_cast<std::size_t>(Below(2))];
  }
  const Source& AnySource() { return definition().sources()[static_cast<std::size_t>(Below(4))]; }
  const Station& AnyStation() {
    const std::vector<Station>& stations = definition().stations();
    return stations[static_cast<std::size_t>(Below(static_cast<int>(stations.size())))];
  }

  // A station without reports, if there is one among several.
  const Station& AnyUnreported() {
    const Station* station = &AnyStation();
    for (int i = 0; i < 10; ++i) {
      const int number = definition().FindStation(station->id).value();
      if (!ledger_.count().HasReportsOfStation(number)) break;
      station = &AnyStation();
    }
    return *station;
  }
  const Area& AnyArea() {
    const std::vector<Area>& areas = definition().areas();
    return areas[static_cast<std::size_t>(Below(static_cast<int>(areas.size())))];
  }

  void Submit() {
    const Contest& contest = AnyContest();
    const Source& source = AnySource();
    const Station& station = AnyStation();
    const StationKey key = ledger_.KeyOf(contest.id, source.id, station.id);
    StationReport report{.election_id = "e-1",
                         .contest_id = contest.id,
                         .source_id = source.id,
                         .station_id = station.id,
                         .revision = ledger_.count().StandingOf(key).newest_revision + 1,
                         .reason = "Recounted"};
    if (OneIn(10)) report.revision += Below(3) - 1;
    if (source.kind == SourceKind::kExitPoll) {
      report.count = AnyInterviews(contest);
    } else {
      report.count = AnyBallots(contest, source.kind);
    }
    ledger_.Submit(report);
  }

  BallotCount AnyBallots(const Contest& contest, SourceKind kind) {
    BallotCount ballots;
    ballots.blank_votes = Below(4);
    ballots.invalid_votes = Below(4);
    ballots.ballots_cast = *ballots.blank_votes + *ballots.invalid_votes;
    for (const Candidate& candidate : contest.candidates) {
      ballots.votes.push_back({candidate.id, Below(60)});
      *ballots.ballots_cast += *ballots.votes.back().count;
    }
    std::shuffle(ballots.votes.begin(), ballots.votes.end(), random_);
    if (!OneIn(4)) ballots.registered_voters = OneIn(5) ? 1 : 500;  // 1: held
    if (!OneIn(4)) ballots.ballots_issued = ballots.ballots_cast;
    if (kind == SourceKind::kParallelCount && OneIn(3)) ballots.blank_votes.reset();
    if (OneIn(20)) ballots.ballots_cast = 1;  // not balanced
    return ballots;
  }

  InterviewCount AnyInterviews(const Contest& contest) {
    InterviewCount interviews{.asked = Below(10), .refused = 0, .undecided = Below(3)};
    interviews.refused = interviews.asked;
    *interviews.asked += *interviews.undecided;
    for (const Candidate& candidate : contest.candidates) {
      if (!interviews.answers.empty() && OneIn(3)) continue;
      interviews.answers.push_back({candidate.id, Below(30)});
      *interviews.asked += *interviews.answers.back().count;
    }
    return interviews;
  }

  // Of a report that some station gave; of its newest revision, most often.
  std::optional<ReportDecisionRequest> AnyDecision() {
    std::vector<const ReportRecorded*> reports;
    for (const Entry& entry : ledger_.entries()) {
      const auto* const report = std::get_if<ReportRecorded>(&entry.event);
      if (report != nullptr) reports.push_back(report);
    }
    if (reports.empty()) return std::nullopt;
    const StationKey& key =
        reports[static_cast<std::size_t>(Below(static_cast<int>(reports.size())))]->key;
    const StationStanding standing = ledger_.count().StandingOf(key);
    const std::int32_t revision = OneIn(8) ? 1 : standing.newest_revision;
    return DecideOn(key, revision);
  }

  ReportDecisionRequest DecideOn(const StationKey& key, std::int32_t revision) {
    return {
        .key = {.election_id = "e-1",
                .contest_id = definition().contests()[static_cast<std::size_t>(key.contest_no)].id,
                .source_id = definition().sources()[static_cast<std::size_t>(key.source_no)].id,
                .station_id = definition().stations()[static_cast<std::size_t>(key.station_no)].id,
                .revision = revision},
        .reason = "Decision " + std::to_string(Below(5)),
        .station_expected_again = OneIn(2)};
  }

  std::optional<ReportDecisionRequest> DecisionOnHeld() {
    const std::vector<std::int64_t> held = ledger_.count().HeldReports();
    if (held.empty()) return std::nullopt;
    const std::int64_t sequence =
        held[static_cast<std::size_t>(Below(static_cast<int>(held.size())))];
    const Entry& entry = ledger_.entries()[static_cast<std::size_t>(sequence) - 1];
    const auto& report = std::get<ReportRecorded>(entry.event);
    return DecideOn(report.key, report.revision);
  }

  void ReleaseOne() {
    const auto request = OneIn(5) ? AnyDecision() : DecisionOnHeld();
    if (request) (void)ledger_.Release(*request);
  }

  void AnnulOne() {
    const auto request = OneIn(3) ? DecisionOnHeld() : AnyDecision();
    if (!request) return;
    const bool held = ledger_.count().StandingOf(KeyOf(request->key)).state == StationState::kHeld;
    if (!ledger_.Annul(*request, AnyOperator()).ok()) return;
    const bool annulled = ledger_.count().FindAnnulmentProposal(KeyOf(request->key)) == nullptr;
    if (annulled && held) ++reached_.annulled_while_held;
  }

  void ReinstateOne() {
    const ReportAnnulment* const annulment = AnyAnnulment();
    if (annulment == nullptr) return;
    (void)ledger_.Reinstate(DecideOn(annulment->key, annulment->revision));
  }

  void Certify() {
    (void)ledger_.Certify({.contest_id = AnyContest().id,
                           .source_id = OneIn(2) ? "cec" : "court",
                           .expected_sequence = ledger_.sequence() - Below(2),
                           .reason = "All that will come",
                           .accept_incomplete = true},
                          AnyOperator());
  }

  void Reopen() {
    (void)ledger_.Reopen(
        {.contest_id = AnyContest().id,
         .source_id = OneIn(2) ? "cec" : "court",
         .status = OneIn(2) ? ReopeningStatus::kCorrection : ReopeningStatus::kRecount,
         .reason = "Complaint " + std::to_string(Below(3))});
  }

  void Publish() {
    const Contest& contest = AnyContest();
    const int contest_no = definition().FindContest(contest.id).value();
    const int poll = definition().FindSource("poll").value();
    const PublishedPoll* const newest =
        ledger_.count().FindPoll(contest_no, poll, definition().AreaOfContest(contest_no));
    PollFiguresRequest request{.contest_id = contest.id,
                               .source_id = "poll",
                               .shares = {{contest.candidates.front().id, "51.5"}}};
    request.figures.revision = newest == nullptr ? 1 : newest->figures.revision + 1;
    request.figures.reason = "Later wave";
    (void)ledger_.Publish(request);
  }

  void Change() {
    DefinitionChange change{.reason = "Decision of the board"};
    bool of_annulled = false;
    bool moves = false;
    switch (Below(12)) {
      case 0:
        change.stations.push_back({.id = AnyStation().id, .closed_reason = "Flooded"});
        break;
      case 5:
      case 6:
      case 7:
      case 8:
        ChangeOneThatWasAnnulled(change);
        of_annulled = !change.stations.empty();
        break;
      case 1:
        change.stations.push_back({.id = AnyStation().id, .closed_reason = ""});
        break;
      case 2:
        change.stations.push_back(
            {.id = AnyStation().id, .counted_at_station_id = AnyStation().id});
        break;
      case 3:
        change.stations.push_back({.id = AnyStation().id, .counted_at_station_id = ""});
        break;
      case 4:
        change.stations.push_back({.id = AnyStation().id, .registered_voters = Below(900)});
        break;
      case 9:
        change.stations.push_back({.id = AnyUnreported().id, .area_id = AnyArea().id});
        moves = true;
        break;
      case 10:
        change.areas.push_back({.id = AnyArea().id, .parent_id = AnyArea().id});
        moves = true;
        break;
      default:
        AddAreaWithStation(change);
    }
    const std::int64_t before = ledger_.sequence();
    const bool changed = ledger_.Change(change).ok() && ledger_.sequence() > before;
    if (changed && of_annulled) ++reached_.closed_after_annulment;
    if (changed && moves) ++reached_.moved;
  }

  // Closed or merged, once nothing of it counts from any source.
  void ChangeOneThatWasAnnulled(DefinitionChange& change) {
    const ReportAnnulment* const annulment = AnyAnnulment();
    if (annulment == nullptr) return;
    const int station_no = annulment->key.station_no;
    for (int contest_no = 0; contest_no < 2; ++contest_no) {
      for (int source_no = 0; source_no < 4; ++source_no) {
        const StationKey key{contest_no, source_no, station_no};
        const std::int32_t newest = ledger_.count().StandingOf(key).newest_revision;
        if (newest > 0) (void)ledger_.Annul(DecideOn(key, newest));
      }
    }
    const std::string& id = definition().stations()[static_cast<std::size_t>(station_no)].id;
    if (OneIn(2)) {
      change.stations.push_back({.id = id, .closed_reason = "Never opened"});
    } else {
      change.stations.push_back({.id = id, .counted_at_station_id = AnyStation().id});
    }
  }

  const ReportAnnulment* AnyAnnulment() {
    std::vector<const ReportAnnulment*> annulments;
    for (const Entry& entry : ledger_.entries()) {
      const auto* const annulment = std::get_if<ReportAnnulment>(&entry.event);
      if (annulment != nullptr) annulments.push_back(annulment);
    }
    if (annulments.empty()) return nullptr;
    return annulments[static_cast<std::size_t>(Below(static_cast<int>(annulments.size())))];
  }

  void AddAreaWithStation(DefinitionChange& change) {
    const std::string number = std::to_string(definition().stations().size());
    const std::string area = "area-" + number;
    const std::string& parent = kLeafAreas[static_cast<std::size_t>(Below(5))];
    change.areas.push_back({.id = area, .parent_id = parent, .kind = "district"});
    change.areas.back().names = {{"en", "District " + number}};
    change.stations.push_back(MakeStation("s-" + number, area, 50, {"sample", "abroad"}));
  }

  StationKey KeyOf(const ReportKey& key) const {
    return ledger_.KeyOf(key.contest_id, key.source_id, key.station_id);
  }

  std::mt19937_64 random_;
  CheckedLedger ledger_;
  Reached reached_;
};

void ExpectEqualArea(const Count& count, const ReferenceCount& reference, int contest, int source,
                     int area) {
  EXPECT_EQ(count.TallyOfArea(contest, source, area), reference.TallyOf(contest, source, area, ""));
  EXPECT_EQ(count.ProgressOfArea(contest, source, area),
            reference.ProgressOf(contest, source, area, ""));
  EXPECT_EQ(count.StatusOf(contest, source, area), reference.StatusOf(contest, source, area));
}

void ExpectEqualTags(const Count& count, const ReferenceCount& reference, int contest, int source,
                     int area) {
  EXPECT_EQ(count.TallyOfTag(contest, source, area, "abroad"),
            reference.TallyOf(contest, source, area, "abroad"));
  EXPECT_EQ(count.ProgressOfTag(contest, source, area, "abroad"),
            reference.ProgressOf(contest, source, area, "abroad"));
}

// An area equals its children and the stations directly in it.
void ExpectConserved(const Count& count, int contest, int source, int area) {
  if (!count.definition().IsWithin(area, count.definition().AreaOfContest(contest))) return;
  Tally parts;
  Progress progress;
  for (const int child : count.definition().ChildrenOfArea(area)) {
    Merge(parts, count.TallyOfArea(contest, source, child));
    Merge(progress, count.ProgressOfArea(contest, source, child));
  }
  int expected = 0;
  for (const int station : count.definition().StationsInArea(area)) {
    const StationKey key{contest, source, station};
    const std::optional<Counts> counts = count.CountingCounts(key);
    if (counts) Add(parts, *counts, count.StandingOf(key).flagged);
    if (count.definition().IsExpected(contest, source, station)) ++expected;
  }
  EXPECT_EQ(count.TallyOfArea(contest, source, area), parts);
  EXPECT_EQ(count.ProgressOfArea(contest, source, area).expected, progress.expected + expected);
}

void ExpectEqualStation(const Count& count, const ReferenceCount& reference,
                        const StationKey& key) {
  const StationStanding standing = count.StandingOf(key);
  const Entry* const counting = reference.CountingReportOf(key);
  EXPECT_EQ(standing.state, reference.StateOf(key)) << "station " << key.station_no;
  EXPECT_EQ(standing.counting_sequence, counting == nullptr ? 0 : counting->sequence);
  EXPECT_EQ(count.CountingCounts(key), counting == nullptr
                                           ? std::optional<Counts>()
                                           : std::get<ReportRecorded>(counting->event).counts);
}

void ExpectEqual(const Count& count, const std::vector<Entry>& entries, bool tags) {
  const ReferenceCount reference(entries);
  EXPECT_EQ(count.HeldReports(), reference.HeldReports());
  for (int contest = 0; contest < 2; ++contest) {
    for (int source = 0; source < 4; ++source) {
      SCOPED_TRACE(::testing::Message() << "contest " << contest << ", source " << source);
      EXPECT_EQ(count.LastChangeOf(contest, source), reference.LastChangeOf(contest, source));
      EXPECT_EQ(count.HeldCorrections(contest, source), reference.HeldCorrections(contest, source));
      for (int area = 0; area < static_cast<int>(reference.areas().size()); ++area) {
        SCOPED_TRACE(::testing::Message() << "area " << area);
        ExpectEqualArea(count, reference, contest, source, area);
        ExpectConserved(count, contest, source, area);
        if (tags) ExpectEqualTags(count, reference, contest, source, area);
      }
      for (int station = 0; station < static_cast<int>(reference.stations().size()); ++station) {
        ExpectEqualStation(count, reference, {contest, source, station});
      }
    }
  }
}

// What happened in a night, by the kinds of event; a test that never annuls proves nothing of it.
std::set<std::size_t> KindsOf(const std::vector<Entry>& entries) {
  std::set<std::size_t> kinds;
  for (const Entry& entry : entries) kinds.insert(entry.event.index());
  return kinds;
}

TEST(CountPropertyTest, EqualsTheReferenceAfterEveryEntry) {
  constexpr int kNights = 5;
  constexpr int kSteps = 120;
  std::set<std::size_t> kinds;
  RandomNight::Reached reached;
  const std::vector<std::uint64_t> seeds = ::canvass::testing::SeedsToTry(kNights);
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE(::canvass::testing::Replay(seed));
    RandomNight night(seed);
    std::int64_t compared = 0;
    for (int step = 0; step < kSteps; ++step) {
      SCOPED_TRACE(::testing::Message() << "step " << step);
      night.Step();
      if (night.ledger().sequence() == compared) continue;
      compared = night.ledger().sequence();
      ExpectEqual(night.ledger().count(), night.ledger().entries(), step % 10 == 0);
      if (HasFailure()) return;
    }
    kinds.merge(KindsOf(night.ledger().entries()));
    reached.annulled_while_held += night.reached().annulled_while_held;
    reached.closed_after_annulment += night.reached().closed_after_annulment;
    reached.moved += night.reached().moved;
  }
  if (seeds.size() == 1) return;  // one night does not come to everything
  // But for the three kinds of seals, which another property is about.
  EXPECT_EQ(kinds.size(), std::variant_size_v<Event> - 3);
  std::printf("%d annulled while held, %d closed or merged after an annulment, %d moved\n",
              reached.annulled_while_held, reached.closed_after_annulment, reached.moved);
  EXPECT_GT(reached.annulled_while_held, 0);
  EXPECT_GT(reached.closed_after_annulment, 0);
  EXPECT_GT(reached.moved, 0);
}

// Sealed as it comes and opened in the end, what one source says leads to the same figures.
TEST(CountPropertyTest, SealsChangeNothingButTheTime) {
  for (const std::uint64_t seed : ::canvass::testing::SeedsToTry(4)) {
    SCOPED_TRACE(::canvass::testing::Replay(seed));
    RandomNight night(seed);
    for (int step = 0; step < 200; ++step) night.Step();
    const std::vector<Entry>& entries = night.ledger().entries();
    for (const int source : {0, 1, 3}) {
      Count sealed;
      std::vector<SealOpening> openings;
      for (const Entry& entry : entries) {
        const std::optional<SealedEvent> content = AsSealedEvent(entry.event);
        if (!content || SourceOf(*content) != source) {
          // Nothing may be certified while it is sealed.
          if (SourceOf(entry.event) != source) sealed.Apply(entry);
          continue;
        }
        sealed.Apply({.sequence = entry.sequence, .event = EmbargoSeal{.source_no = source}});
        openings.push_back({.seal_sequence = entry.sequence, .content = {.event = *content}});
      }
      EXPECT_EQ(sealed.TallyOfArea(0, source, 0), Tally());
      auto sequence = static_cast<std::int64_t>(entries.size());
      for (const SealOpening& opening : openings) {
        sealed.Apply({.sequence = ++sequence, .event = opening});
      }
      EXPECT_TRUE(sealed.SealedSources().empty());
      const Definition& definition = sealed.definition();
      for (int contest = 0; contest < 2; ++contest) {
        for (const int area : definition.AreasBelow(definition.AreaOfContest(contest))) {
          EXPECT_EQ(sealed.TallyOfArea(contest, source, area),
                    night.ledger().count().TallyOfArea(contest, source, area));
          EXPECT_EQ(sealed.ProgressOfArea(contest, source, area),
                    night.ledger().count().ProgressOfArea(contest, source, area));
        }
      }
    }
  }
}

TEST(CountPropertyTest, AnyOrderOfStationsGivesTheSameTallies) {
  for (const std::uint64_t seed : ::canvass::testing::SeedsToTry(10)) {
    SCOPED_TRACE(::canvass::testing::Replay(seed));
    std::mt19937_64 random(seed);
    std::vector<StationReport> reports;
    reports.reserve(12);
    for (int i = 0; i < 12; ++i) {
      reports.push_back(::canvass::testing::ReportBuilder()
                            .WithStation("s-" + std::to_string(i))
                            .WithBalancedVotes({static_cast<std::int64_t>(random() % 90), 20, 3})
                            .Build());
    }
    CheckedLedger in_order{Country()};
    for (const StationReport& report : reports) in_order.Submit(report);
    std::shuffle(reports.begin(), reports.end(), random);
    CheckedLedger shuffled{Country()};
    for (const StationReport& report : reports) shuffled.Submit(report);
    EXPECT_EQ(in_order.sequence(), 14);
    for (int area = 0; area < 6; ++area) {
      EXPECT_EQ(in_order.count().TallyOfArea(0, 0, area), shuffled.count().TallyOfArea(0, 0, area));
      EXPECT_EQ(in_order.count().ProgressOfArea(0, 0, area),
                shuffled.count().ProgressOfArea(0, 0, area));
    }
  }
}

}  // namespace
}  // namespace canvass::election
