#ifndef CANVASS_TESTS_FUZZ_COUNTED_ELECTION_H_
#define CANVASS_TESTS_FUZZ_COUNTED_ELECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/aggregator_stage.h"
#include "tests/fuzz/session.h"

// A small election in which everything has happened once: two contests, one of them certified and
// reopened; corrections; reports that are held, released, annulled and reinstated; poll figures;
// seals that are closed, opened and withdrawn.
namespace canvass::fuzz {

inline constexpr char kElectionId[] = "e-1";

// The requests that make it so.
const std::vector<Step>& CountedElection();
// An aggregator that has taken them.
std::unique_ptr<AggregatorStage> CountedElectionStage();
// Further requests that it would take.
std::vector<Step> FurtherSteps();
// The bytes of its ledger.
std::vector<std::string> EntriesOfCountedElection();
// Ids and other texts of it.
std::vector<std::string> WordsOfCountedElection();

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_COUNTED_ELECTION_H_
