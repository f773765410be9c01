#include "common/election/tally.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace canvass::election {
namespace {

struct NumberPair {
  Sum Tally::*sum;
  std::int32_t Counts::*number;
};

// Each sum with the number that is added to it, except for the votes.
constexpr auto kNumbers = std::to_array<NumberPair>({
    {&Tally::registered_voters, &Counts::registered_voters},
    {&Tally::ballots_issued, &Counts::ballots_issued},
    {&Tally::ballots_cast, &Counts::ballots_cast},
    {&Tally::blank_votes, &Counts::blank_votes},
    {&Tally::invalid_votes, &Counts::invalid_votes},
    {&Tally::asked, &Counts::asked},
    {&Tally::refused, &Counts::refused},
    {&Tally::undecided, &Counts::undecided},
});

void Add(Sum& sum, std::int32_t number) {
  if (number == kUnknown) {
    ++sum.unknown;
  } else {
    sum.total += number;
  }
}

void Subtract(Sum& sum, std::int32_t number) {
  if (number == kUnknown) {
    --sum.unknown;
  } else {
    sum.total -= number;
  }
}

void Merge(Sum& sum, const Sum& other) {
  sum.total += other.total;
  sum.unknown += other.unknown;
}

}  // namespace

void Add(Tally& tally, const Counts& counts, bool flagged) {
  ++tally.reports;
  if (flagged) ++tally.flagged;
  for (const auto& [sum, number] : kNumbers) Add(tally.*sum, counts.*number);
  if (tally.votes.size() < counts.votes.size()) tally.votes.resize(counts.votes.size());
  for (std::size_t i = 0; i < counts.votes.size(); ++i) Add(tally.votes[i], counts.votes[i]);
}

void Subtract(Tally& tally, const Counts& counts, bool flagged) {
  assert(tally.reports >= 1);
  if (tally.reports == 1) {
    tally = Tally();
    return;
  }
  --tally.reports;
  if (flagged) --tally.flagged;
  for (const auto& [sum, number] : kNumbers) Subtract(tally.*sum, counts.*number);
  for (std::size_t i = 0; i < counts.votes.size(); ++i) Subtract(tally.votes[i], counts.votes[i]);
}

void Merge(Tally& tally, const Tally& other) {
  tally.reports += other.reports;
  tally.flagged += other.flagged;
  for (const auto& [sum, number] : kNumbers) Merge(tally.*sum, other.*sum);
  if (tally.votes.size() < other.votes.size()) tally.votes.resize(other.votes.size());
  for (std::size_t i = 0; i < other.votes.size(); ++i) Merge(tally.votes[i], other.votes[i]);
}

void Merge(Progress& progress, const Progress& other) {
  progress.expected += other.expected;
  progress.counted += other.counted;
  progress.annulled += other.annulled;
  progress.held += other.held;
  progress.closed += other.closed;
  progress.registered_expected += other.registered_expected;
  progress.registered_counted += other.registered_counted;
}

void Subtract(Progress& progress, const Progress& other) {
  progress.expected -= other.expected;
  progress.counted -= other.counted;
  progress.annulled -= other.annulled;
  progress.held -= other.held;
  progress.closed -= other.closed;
  progress.registered_expected -= other.registered_expected;
  progress.registered_counted -= other.registered_counted;
}

}  // namespace canvass::election
