#include "common/election/counts_table.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/varint.h"
#include "common/election/tally.h"

namespace canvass::election {
namespace {

// A row contains 1 for interviews or 0 for ballots, then these numbers, then one number for each
// candidate. Each number is a varint, one more than the number, so that kUnknown is 0.
constexpr auto kNumbers = std::to_array<std::int32_t Counts::*>(
    {&Counts::registered_voters, &Counts::ballots_issued, &Counts::ballots_cast,
     &Counts::blank_votes, &Counts::invalid_votes, &Counts::asked, &Counts::refused,
     &Counts::undecided});
constexpr std::size_t kNumberBytesMax = 5;

// A row begins at a multiple of this.
constexpr std::size_t kRowAlignment = 4;
// A local contest has few rows.
constexpr std::size_t kBlockBytesMin = std::size_t{16} << 10U;
constexpr std::size_t kBlockRowsMin = 8;

void AppendNumber(std::string& to, std::int32_t number) {
  AppendVarint(to, static_cast<std::uint64_t>(std::int64_t{number} - kUnknown));
}

std::int32_t TakeNumber(std::string_view& from) {
  return static_cast<std::int32_t>(static_cast<std::int64_t>(TakeVarint(from)) + kUnknown);
}

}  // namespace

CountsTable::CountsTable(std::size_t candidates)
    : candidates_(candidates),
      row_bytes_max_(1 + kNumberBytesMax * (kNumbers.size() + candidates) + kRowAlignment - 1),
      block_bytes_(std::max(kBlockBytesMin, kBlockRowsMin * row_bytes_max_)) {
  static_assert(kBlockBytesMin % kRowAlignment == 0 && kBlockRowsMin % kRowAlignment == 0);
}

CountsTable::Place CountsTable::Append(const Counts& counts) {
  assert(counts.votes.size() == candidates_);
  if (blocks_.empty() || blocks_.back().size() + row_bytes_max_ > block_bytes_) {
    blocks_.emplace_back().reserve(block_bytes_);
  }
  std::string& block = blocks_.back();
  block.resize((block.size() + kRowAlignment - 1) / kRowAlignment * kRowAlignment);
  const std::size_t begin = (blocks_.size() - 1) * block_bytes_ + block.size();
  if (begin / kRowAlignment > std::numeric_limits<Place>::max()) std::abort();
  block.push_back(counts.interviews ? 1 : 0);
  for (const auto number : kNumbers) AppendNumber(block, counts.*number);
  for (const std::int32_t votes : counts.votes) AppendNumber(block, votes);
  return static_cast<Place>(begin / kRowAlignment);
}

Counts CountsTable::Get(Place place) const {
  const std::size_t begin = std::size_t{place} * kRowAlignment;
  assert(begin / block_bytes_ < blocks_.size());
  std::string_view bytes = blocks_[begin / block_bytes_];
  bytes.remove_prefix(begin % block_bytes_);
  Counts counts;
  counts.interviews = bytes.front() != 0;
  bytes.remove_prefix(1);
  for (const auto number : kNumbers) counts.*number = TakeNumber(bytes);
  counts.votes.reserve(candidates_);
  for (std::size_t i = 0; i < candidates_; ++i) counts.votes.push_back(TakeNumber(bytes));
  return counts;
}

}  // namespace canvass::election
