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

// One election under attack: what its clients saw, and the ledger that it is held against. Finds
// violations into its witness. Not thread-safe.
class Trial {
 public:
  // Owns not `stage`, on which everything is healthy.
  Trial(Stage& stage, const std::string& election_id, std::uint64_t seed, int stations);

  // Defines the election.
  void Define();
  void StartLoad();
  // Reads what the ledger has gained from PostgreSQL itself and compares it with what clients have
  // seen so far. False, with nothing done, while the server is away.
  bool Check();
  // Ends the load, waits until every promise is kept, and compares everything: with the ledger by
  // both ways, with the sums of SQL and of the reference, and with what the publisher says in the
  // end. REQUIRES: the stage is healed. The
  // reference takes time by the square of the entries.
  void Finish(bool with_reference = true);

  Witness& witness() { return witness_; }
  const TrialElection& election() const { return election_; }
  const Addresses& addresses() const { return addresses_; }

 private:
  bool ReadNewEntries();
  void AwaitPromises();
  bool IsVisiblyRefused(const ReportName& name, int variant);
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
