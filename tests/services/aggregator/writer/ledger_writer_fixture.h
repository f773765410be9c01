#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_FIXTURE_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/election/decision_check.h"
#include "gtest/gtest.h"
#include "services/aggregator/writer/ledger_writer.h"
#include "tests/services/aggregator/writer/writer_stage.h"

// A writer that leads an election of 30 stations, for the tests of what it does.
namespace canvass::aggregator {

inline constexpr int kStations = 30;
// One entry of parts, and the seal.
inline constexpr std::int64_t kDefinitionEntries = 2;

inline std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

inline auto Annul(const std::string& station_id, int revision) {
  return [=](const election::Count& count, std::int64_t /*last_sequence*/) {
    return election::CheckAnnulment(
        count, {.key = {.election_id = "e-1", .station_id = station_id, .revision = revision},
                .reason = "Counted twice"});
  };
}

inline auto Certify(std::int64_t expected_sequence) {
  return [=](const election::Count& count, std::int64_t last_sequence) {
    return election::CheckCertification(count, last_sequence,
                                        {.expected_sequence = expected_sequence,
                                         .elected_candidate_ids = {"a"},
                                         .reason = "As resolved",
                                         .accept_incomplete = true});
  };
}

class LedgerWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage_.Start();
    ASSERT_TRUE(stage_.Define(ElectionOf(kStations).Request()).get().ok());
  }

  // Submits while an append is held, so that all of it gathers into the next group.
  std::vector<ReceiptsFuture> SubmitTogether(const std::vector<election::StationReport>& reports) {
    stage_.ledger.HoldAppends();
    std::vector<ReceiptsFuture> answers;
    answers.push_back(stage_.Submit(ReportOf(kStations).Build()));
    stage_.ledger.AwaitHeldAppend();
    for (const election::StationReport& report : reports) answers.push_back(stage_.Submit(report));
    stage_.ledger.ReleaseAppends();
    return answers;
  }

  std::size_t EntryCount() const { return stage_.store.EntriesOf("e-1").size(); }

  std::int64_t VotesOfA() const {
    return stage_.committed.Reading(
        [](const CommittedLedgers::Contents& committed) -> std::int64_t {
          const election::Tally& tally = committed.Find("e-1")->count().TallyOfArea(0, 0, 0);
          return tally.votes.empty() ? 0 : tally.votes[0].total;
        });
  }

  std::vector<RefusedReports::Numbered> Refused(const std::string& election_id = "e-1") const {
    return stage_.committed.Reading([&](const CommittedLedgers::Contents& committed) {
      return committed.refused.List(election_id, {}, 0, 100);
    });
  }

  WriterStage stage_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_FIXTURE_H_
