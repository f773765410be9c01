#ifndef CANVASS_TESTS_SIMULATION_WITNESS_H_
#define CANVASS_TESTS_SIMULATION_WITNESS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "services/aggregator/writer/receipt.h"
#include "tests/simulation/simulated_aggregator.h"
#include "tests/simulation/simulated_database.h"

namespace canvass::testing {
class ReferenceCount;
}  // namespace canvass::testing

namespace canvass::simulation {

// Everything that somebody outside was told, and whether it was true. Knows nothing of the
// aggregators but what they answered, and in the end the rows of the database.
class Witness {
 public:
  // Somebody got a receipt of that report.
  void Receipt(const election::StationReport& report, const aggregator::Receipt& receipt,
               absl::Duration now);
  // Somebody was told that the report is in an outbox.
  void Queued(const election::StationReport& report);
  // An operator was told that a decision or definition is this entry.
  void Decided(const std::string& election_id, std::int64_t sequence, absl::Duration now);
  // Somebody read this.
  void Read(const std::string& election_id, const Reading& reading, absl::Duration now);

  // Compares all of it with what the database holds. `was_refused`: what became of a report that
  // was queued and is not in the ledger.
  void Check(const SimulatedDatabase& database,
             const std::function<bool(const election::StationReport&)>& was_refused);
  // Compares the aggregators' committed ledgers with the database, entry by entry, and their counts
  // with a slow reference. REQUIRES: Check found nothing.
  void CheckCommitted(const SimulatedDatabase& database,
                      const std::vector<const aggregator::CommittedLedgers*>& ledgers);

  void Violation(std::string what);
  const std::vector<std::string>& violations() const { return violations_; }
  std::size_t acknowledged() const { return receipts_.size(); }

 private:
  struct Acknowledged {
    election::StationReport report{};
    aggregator::Receipt receipt{};
  };
  // What a seal hid, and where it was opened.
  struct Opened {
    std::int64_t sequence = 0;
    election::SealedContent content{};
  };
  struct ReadAt {
    std::string election_id{};
    Reading reading{};
  };
  // An election's ledger as it stands in the database, folded by simple means.
  struct Folded;

  static std::string KeyOf(const election::StationReport& report);
  void Acknowledge(const std::string& election_id, std::int64_t sequence, absl::Duration now);
  Folded Fold(const SimulatedDatabase& database, const std::string& election_id);
  void FoldReport(const std::string& election_id, std::int64_t sequence,
                  const election::ReportRecorded& report, Folded& folded);
  void FoldOpening(const std::string& election_id, const StoredRow& row,
                   const election::SealOpening& opening, Folded& folded);
  void CheckReceipt(const Folded& folded, const Acknowledged& acknowledged);
  void CheckCommitted(const Folded& folded, const testing::ReferenceCount& reference,
                      const std::string& election_id,
                      const aggregator::CommittedLedgers& committed);
  void CheckReading(const Folded& folded, const Reading& reading);

  std::vector<Acknowledged> receipts_;
  std::vector<election::StationReport> queued_;
  std::vector<std::pair<std::string, std::int64_t>> decided_;
  std::vector<ReadAt> readings_;
  // By election: when a sequence was first acknowledged to somebody, the highest by that moment.
  std::map<std::string, std::map<absl::Duration, std::int64_t>> acknowledged_at_;
  std::map<std::string, std::int64_t> sequence_of_;  // of the report by key, as acknowledged
  std::vector<std::string> violations_;
};

}  // namespace canvass::simulation

#endif  // CANVASS_TESTS_SIMULATION_WITNESS_H_
