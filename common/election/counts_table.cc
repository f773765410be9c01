#include "common/election/counts_table.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/election/tally.h"

namespace canvass::election {
namespace {

// A row contains 1 for interviews or 0 for ballots, then these numbers, then one number for each
// candidate.
constexpr auto kNumbers = std::to_array<std::int32_t Counts::*>(
    {&Counts::registered_voters, &Counts::ballots_issued, &Counts::ballots_cast,
     &Counts::blank_votes, &Counts::invalid_votes, &Counts::asked, &Counts::refused,
     &Counts::undecided});
constexpr std::size_t kFixedWords = 1 + kNumbers.size();

}  // namespace

CountsTable::CountsTable(std::size_t candidates) : candidates_(candidates) {}

void CountsTable::Append(const Counts& counts) {
  assert(counts.votes.size() == candidates_);
  if (size_ % kBlockRows == 0) {
    blocks_.emplace_back().reserve(kBlockRows * (kFixedWords + candidates_));
  }
  std::vector<std::int32_t>& block = blocks_.back();
  block.push_back(counts.interviews ? 1 : 0);
  for (const auto number : kNumbers) block.push_back(counts.*number);
  block.insert(block.end(), counts.votes.begin(), counts.votes.end());
  ++size_;
}

Counts CountsTable::Get(std::size_t row) const {
  assert(row < size_);
  const std::vector<std::int32_t>& block = blocks_[row / kBlockRows];
  const std::size_t words = kFixedWords + candidates_;
  const std::int32_t* word = block.data() + row % kBlockRows * words;
  Counts counts;
  counts.interviews = *word++ != 0;
  for (const auto number : kNumbers) counts.*number = *word++;
  counts.votes.assign(word, word + candidates_);
  return counts;
}

}  // namespace canvass::election
