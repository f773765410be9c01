#ifndef CANVASS_COMMON_ELECTION_RANKING_H_
#define CANVASS_COMMON_ELECTION_RANKING_H_

#include <cstdint>
#include <vector>

namespace canvass::election {

// The rank of one candidate.
struct Rank {
  int candidate_no = 0;
  int rank = 0;  // 1 for the highest value; equal values share a rank: 1, 1, 3

  bool operator==(const Rank&) const = default;
};

// Ranks candidates by their values, highest first. `values` is in ballot order; candidates with
// equal values stay in it.
std::vector<Rank> RankCandidates(const std::vector<std::int64_t>& values);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_RANKING_H_
