#ifndef CANVASS_TESTS_FAULTS_TRIAL_H_
#define CANVASS_TESTS_FAULTS_TRIAL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "tests/faults/clients.h"
#include "tests/faults/ledger_check.h"
#include "tests/faults/load.h"
#include "tests/faults/stage.h"
#include "tests/faults/trial_election.h"
#include "tests/faults/witness.h"

namespace canvass::faults {

// One election under attack: what its clients saw, and the ledger that this is compared with. Adds
// violations to its witness. Not thread-safe.
class Trial {
 public:
  // Does not own `stage`. The observers are under embargo from now for `embargo`. REQUIRES:
  // everything on the stage is healthy.
  Trial(Stage& stage, const std::string& election_id, std::uint64_t seed, int stations,
        absl::Duration embargo);

  // Defines the election.
  void Define();
  void StartLoad();
  // Reads the new entries from PostgreSQL itself and compares them with what clients have seen so
  // far. Returns false, with nothing done, while the server is away.
  bool Check();
  // Ends the load, waits until every promise is kept, and compares everything: with the ledger as
  // PostgreSQL and as the aggregator give it, with the sums of SQL and of the reference, and with
  // the publisher's last answer. The reference's time grows with the square of the entries.
  // REQUIRES: the stage is healed.
  void Finish(bool with_reference = true);

  Witness& witness() { return witness_; }
  const TrialElection& election() const { return election_; }
  const Addresses& addresses() const { return addresses_; }

 private:
  bool ReadNewEntries();
  void AwaitPromises();
  void AwaitOpenings();
  bool IsVisiblyRefused(const ReportName& name, int variant);
  bool IsRefusedInOutbox(const v1::ReportKey& key);
  void CompareLedgerOfService();
  void CompareSqlTotals();
  void ComparePublishedResults();
  void TakeViolations();

  Stage& stage_;
  const TrialElection election_;
  const std::uint64_t seed_;
  const Addresses addresses_;
  Witness witness_;
  Clients clients_;
  LedgerCheck ledger_;
  std::unique_ptr<Load> load_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_TRIAL_H_
