#ifndef CANVASS_TESTS_SERVICES_PUBLISHER_BOARD_LEDGER_SCRIPT_H_
#define CANVASS_TESTS_SERVICES_PUBLISHER_BOARD_LEDGER_SCRIPT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "services/publisher/board/ledger_with_history.h"
#include "tests/support/definition_builder.h"
#include "tests/support/manual_clock.h"

namespace canvass::publisher {

// Election "e-1" of three stations: n-1 and n-2 in area north, s-1 in area south, tagged "abroad";
// 500 voters on the register of each. Contest "president" of a, b and c; official source "cec",
// observers "observers", exit poll "poll".
testing::DefinitionBuilder ThreeStations();

// An election's ledger as an aggregator has it, and what it sends to a watcher. Entries are a
// second apart unless told otherwise.
class LedgerScript {
 public:
  static constexpr char kLedgerId[] = "ledger-1";

  explicit LedgerScript(const testing::DefinitionBuilder& definition = ThreeStations());

  const ledger::ElectionLedger& ledger() const { return ledger_; }
  // How far apart the next entries are recorded.
  void SetPace(absl::Duration pace) { pace_ = pace; }

  // A report of the official source, 200 registered voters: votes of a, b and c; 2 blank, 2
  // invalid. Sequence of its entry.
  std::int64_t Report(const std::string& station_id, std::vector<std::int32_t> votes,
                      std::int32_t revision = 1, bool held = false);
  std::int64_t ReportFrom(const std::string& source_id, const std::string& station_id,
                          std::vector<std::int32_t> votes, std::int32_t revision = 1);
  // Interviews for exit polls: 20 of those asked refused.
  std::int64_t Interview(const std::string& source_id, const std::string& station_id,
                         std::vector<std::int32_t> answers);
  std::int64_t Release(const std::string& station_id, std::int32_t revision);
  std::int64_t Annul(const std::string& station_id, std::int32_t revision);
  std::int64_t Certify(const std::string& elected_id, std::int32_t number = 1);
  std::int64_t Reopen(election::ReopeningStatus status);
  // One candidate's share, for the whole country.
  std::int64_t Publish(const std::string& source_id, const std::string& candidate_id,
                       const std::string& share_percent, std::int32_t revision = 1);
  std::int64_t Change(election::DefinitionChange change);
  std::int64_t Append(election::Event event);

  // Seals the event, and opens a seal that this sealed.
  std::int64_t Seal(election::SealedEvent event);
  std::int64_t Open(std::int64_t seal_sequence);
  // Records the next entry at `time`.
  void SetTime(absl::Time time) { next_recorded_at_ = time; }

  // The messages of a step from the end of the last one to the end of the ledger, with at most
  // `entries_max` entries each.
  std::vector<aggregator::v1::WatchLedgerResponse> Step(int entries_max = 1000);
  // A message that nothing newer exists.
  static aggregator::v1::WatchLedgerResponse Confirmation();

 private:
  election::StationKey KeyOf(const std::string& source_id, const std::string& station_id) const;
  aggregator::v1::WatchLedgerResponse Message() const;
  void EndStep(aggregator::v1::WatchLedgerResponse& message) const;

  ledger::ElectionLedger ledger_;
  absl::Duration pace_ = absl::Seconds(1);
  absl::Time next_recorded_at_ = absl::FromUnixSeconds(1'707'310'000);
  std::int64_t sent_ = 0;
  std::map<std::int64_t, election::SealedContent> sealed_;  // by the sequence of the seal
};

// The script's ledger as a publisher follows it.
std::unique_ptr<LedgerWithHistory> Follow(const LedgerScript& script);

}  // namespace canvass::publisher

#endif  // CANVASS_TESTS_SERVICES_PUBLISHER_BOARD_LEDGER_SCRIPT_H_
