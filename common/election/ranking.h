#ifndef CANVASS_COMMON_ELECTION_RANKING_H_
#define CANVASS_COMMON_ELECTION_RANKING_H_

#include <cstdint>
#include <vector>

namespace canvass::election {

// A candidate's place.
struct Rank {
  int candidate_no = 0;
  int rank = 0;  // 1 for the most; equal values share a rank: 1, 1, 3

  bool operator==(const Rank&) const = default;
};

// Places of the candidates with these values, highest first, equal ones in ballot order.
std::vector<Rank> RankCandidates(const std::vector<std::int64_t>& values);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_RANKING_H_
