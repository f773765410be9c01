#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_PATROL_FIXTURE_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_PATROL_FIXTURE_H_

#include "gtest/gtest.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "tests/services/aggregator/store/recorded_election.h"
#include "tests/support/memory_ledger_store.h"

namespace canvass::aggregator {

// An election of two entries that is read.
class PatrolFixture : public ::testing::Test {
 protected:
  PatrolFixture() {
    EXPECT_TRUE(ledger_.TakeLead().ok());
    EXPECT_TRUE(ledger_.Append(election_.Next()).ok());
    EXPECT_TRUE(committed_.CatchUp(ledger_).ok());
  }

  RecordedElection election_{SmallDefinition()};
  testing::MemoryDatabase store_;
  testing::MemoryLedgerStore ledger_{store_};
  CommittedLedgers committed_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_WRITER_PATROL_FIXTURE_H_
