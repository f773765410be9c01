#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_RECORDED_ELECTION_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_RECORDED_ELECTION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "services/aggregator/store/ledger_store.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"

namespace canvass::aggregator {

// An election whose entries come out in transactions, as the writer appends them.
class RecordedElection {
 public:
  explicit RecordedElection(const testing::DefinitionBuilder& definition) : ledger_(definition) {}

  testing::CheckedLedger& operator*() { return ledger_; }
  testing::CheckedLedger* operator->() { return &ledger_; }

  // What was recorded since the last call. Valid until the next one.
  Transaction Next() {
    before_ = std::exchange(after_, ledger_.count().definition());
    Transaction transaction;
    for (; taken_ < ledger_.entries().size(); ++taken_) {
      const election::Entry& entry = ledger_.entries()[taken_];
      std::string bytes = ledger::Encode(entry);
      const ledger::Hash leaf_hash = ledger::LeafHash(bytes);
      transaction.entries.push_back({.election_id = ledger_.count().definition().election().id,
                                     .definition = before_ ? &*before_ : nullptr,
                                     .entry = entry,
                                     .bytes = std::move(bytes),
                                     .leaf_hash = leaf_hash});
    }
    return transaction;
  }

 private:
  testing::CheckedLedger ledger_;
  std::size_t taken_ = 0;
  std::optional<election::Definition> before_;
  std::optional<election::Definition> after_;
};

// Three stations in two areas.
inline testing::DefinitionBuilder SmallDefinition(const std::string& election_id = "e-1") {
  testing::DefinitionBuilder definition;
  definition.WithElectionId(election_id)
      .WithArea("north")
      .WithArea("south")
      .WithStation(testing::MakeStation("s-1", "north"))
      .WithStation(testing::MakeStation("s-2", "north"))
      .WithStation(testing::MakeStation("s-3", "south"));
  return definition;
}

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_STORE_RECORDED_ELECTION_H_
