#include "common/election/ranking.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/index.h"

namespace canvass::election {

std::vector<Rank> RankCandidates(const std::vector<std::int64_t>& values) {
  const auto value_of = [&values](const Rank& rank) { return values[Index(rank.candidate_no)]; };
  std::vector<Rank> ranks(values.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i].candidate_no = static_cast<int>(i);
  std::stable_sort(ranks.begin(), ranks.end(),
                   [&value_of](const Rank& a, const Rank& b) { return value_of(a) > value_of(b); });
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const bool tied = i > 0 && value_of(ranks[i]) == value_of(ranks[i - 1]);
    ranks[i].rank = tied ? ranks[i - 1].rank : static_cast<int>(i) + 1;
  }
  return ranks;
}

}  // namespace canvass::election
