#ifndef CANVASS_COMMON_ELECTION_TALLY_H_
#define CANVASS_COMMON_ELECTION_TALLY_H_

#include <cstdint>
#include <vector>

namespace canvass::election {

// A number that was not given.
inline constexpr std::int32_t kUnknown = -1;

// The numbers of one report, each 0 to 999 999 999 or kUnknown.
struct Counts {
  bool interviews = false;  // answers of an exit poll instead of ballots
  std::int32_t registered_voters = kUnknown;
  std::int32_t ballots_issued = kUnknown;
  std::int32_t ballots_cast = kUnknown;
  std::int32_t blank_votes = kUnknown;
  std::int32_t invalid_votes = kUnknown;
  std::int32_t asked = kUnknown;
  std::int32_t refused = kUnknown;
  std::int32_t undecided = kUnknown;
  std::vector<std::int32_t>
      votes{};  // votes or answers in ballot order; kUnknown where a poll did not ask

  bool operator==(const Counts&) const = default;
};

// A sum of numbers, and how many reports did not give theirs.
struct Sum {
  std::int64_t total = 0;
  std::int32_t unknown = 0;

  bool operator==(const Sum&) const = default;
};

// Integer totals of one contest, source and area. Holds no station twice.
struct Tally {
  std::int32_t reports = 0;  // counting reports in it
  std::int32_t flagged = 0;  // of those, with a warning
  Sum registered_voters{};
  Sum ballots_issued{};
  Sum ballots_cast{};
  Sum blank_votes{};
  Sum invalid_votes{};
  Sum asked{};
  Sum refused{};
  Sum undecided{};
  std::vector<Sum> votes{};  // in ballot order; empty exactly while no report is in it

  bool operator==(const Tally&) const = default;
};

// `tally` with a report counted in. REQUIRES: counts passed CheckReport, so that sums cannot
// overflow.
void Add(Tally& tally, const Counts& counts, bool flagged);
// The inverse: corrections and annulments take a report out with it. REQUIRES: it was added before.
void Subtract(Tally& tally, const Counts& counts, bool flagged);
// `tally` with all of `other`: an area is the sum of its children.
void Merge(Tally& tally, const Tally& other);

// How far a count is. expected = counted + annulled + held + missing; closed stations are not
// expected.
struct Progress {
  std::int32_t expected = 0;
  std::int32_t counted = 0;
  std::int32_t annulled = 0;
  std::int32_t held = 0;
  std::int32_t closed = 0;
  std::int64_t registered_expected = 0;  // register before the poll
  std::int64_t registered_counted = 0;

  std::int32_t missing() const { return expected - counted - annulled - held; }
  bool complete() const { return counted + annulled == expected; }
  bool operator==(const Progress&) const = default;
};

void Merge(Progress& progress, const Progress& other);
// The inverse of Merge.
void Subtract(Progress& progress, const Progress& other);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_TALLY_H_
