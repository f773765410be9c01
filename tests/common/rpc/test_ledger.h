#ifndef CANVASS_TESTS_COMMON_RPC_TEST_LEDGER_H_
#define CANVASS_TESTS_COMMON_RPC_TEST_LEDGER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"

namespace canvass::rpc {

// The presidential election of Azerbaijan in 2024, small: 4 stations (s-0, s-1 in c-1; s-2, s-3 in
// c-2), 7 candidates, and 4 sources. Entry n is recorded n seconds after 18:00 UTC of the polling
// day.
class TestLedger {
 public:
  enum Source { kCec = 0, kOracle = 1, kObservers = 2, kInterviews = 3 };
  enum Area { kCountry = 0, kFirst = 1, kSecond = 2 };
  static constexpr std::int64_t kStartSeconds = 1'707'328'800;

  explicit TestLedger(bool blank_votes_valid = false) {
    Append(Definition(blank_votes_valid));
    Append(election::DefinitionSeal{.parts = 1});
  }

  const ledger::ElectionLedger& get() const { return ledger_; }

  // Appends the event and returns its sequence.
  std::int64_t Append(election::Event event) {
    election::Entry entry = {
        .sequence = ledger_.sequence() + 1,
        .recorded_at = absl::FromUnixSeconds(kStartSeconds + ledger_.sequence() + 1),
        .actor = "local",
        .event = std::move(event)};
    ledger_.Append(ledger::Encode(entry), entry);
    return entry.sequence;
  }

  // A report of ballots, from its votes; every ballot is a vote unless the test says otherwise.
  static election::ReportRecorded Ballots(Source source, int station_no,
                                          std::vector<std::int32_t> votes, std::int32_t blank = 0,
                                          std::int32_t invalid = 0) {
    election::ReportRecorded report;
    report.key = {.contest_no = 0, .source_no = source, .station_no = station_no};
    report.counts.blank_votes = blank;
    report.counts.invalid_votes = invalid;
    report.counts.ballots_cast = blank + invalid;
    for (const std::int32_t each : votes) {
      if (each != election::kUnknown) report.counts.ballots_cast += each;
    }
    report.counts.votes = std::move(votes);
    return report;
  }

  static election::ReportRecorded Interviews(int station_no, std::vector<std::int32_t> answers) {
    election::ReportRecorded report;
    report.key = {.contest_no = 0, .source_no = kInterviews, .station_no = station_no};
    report.counts.interviews = true;
    report.counts.asked = 0;
    for (const std::int32_t each : answers) {
      if (each != election::kUnknown) report.counts.asked += each;
    }
    report.counts.refused = 0;
    report.counts.votes = std::move(answers);
    return report;
  }

  static election::PollFigures Poll(std::vector<election::PollShare> shares) {
    return {.source_no = kOracle, .area_no = kCountry, .shares = std::move(shares)};
  }

 private:
  static election::DefinitionChange Definition(bool blank_votes_valid) {
    election::DefinitionChange change;
    change.election = election::Election{.id = "az-2024-presidential",
                                         .names = {{"en", "Presidential election"}},
                                         .languages = {"en"},
                                         .polling_date = "2024-02-07",
                                         .time_zone = "Asia/Baku",
                                         .policy = election::Policy{},
                                         .rehearsal = true,
                                         .notices = {{"en", "Synthetic split by station"}}};
    election::Contest contest = {.id = "president", .area_id = "az"};
    for (const char* const id :
         {"ilham-aliyev", "zahid-oruj", "fazil-mustafa", "gudrat-hasanguliyev", "razi-nurullayev",
          "elshad-musayev", "fuad-aliyev"}) {
      contest.candidates.push_back({.id = id, .names = {{"en", id}}, .withdrawn = false});
    }
    contest.blank_votes_valid = blank_votes_valid;
    change.contests = {contest};
    change.sources = {{.id = "cec", .kind = election::SourceKind::kOfficial},
                      {.id = "oracle",
                       .kind = election::SourceKind::kExitPoll,
                       .organisations = {"Oracle", "League"}},
                      {.id = "observers", .kind = election::SourceKind::kParallelCount},
                      {.id = "interviews",
                       .kind = election::SourceKind::kExitPoll,
                       .visible_from = absl::FromUnixSeconds(kStartSeconds),
                       .design_effect = "1.6"}};
    change.areas = {{.id = "az", .kind = "country"},
                    {.id = "c-1", .parent_id = "az", .kind = "constituency"},
                    {.id = "c-2", .parent_id = "az", .kind = "constituency"}};
    for (int i = 0; i < 4; ++i) {
      change.stations.push_back(
          {.id = "s-" + std::to_string(i),
           .area_id = i < 2 ? "c-1" : "c-2",
           .tags = i % 2 == 0 ? std::vector<std::string>{"school"} : std::vector<std::string>{},
           .registered_voters = 1000});
    }
    return change;
  }

  ledger::ElectionLedger ledger_{"az-2024-presidential"};
};

}  // namespace canvass::rpc

#endif  // CANVASS_TESTS_COMMON_RPC_TEST_LEDGER_H_
