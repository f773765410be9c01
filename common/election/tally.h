#ifndef CANVASS_COMMON_ELECTION_TALLY_H_
#define CANVASS_COMMON_ELECTION_TALLY_H_

#include <array>
#include <cstdint>
#include <vector>

namespace canvass::election {

// Stands for a number that was not given.
inline constexpr std::int32_t kUnknown = -1;

// The numbers of one report, each 0 to 999 999 999 or kUnknown.
struct Counts {
  bool interviews = false;  // from an exit poll; else ballots
  std::int32_t registered_voters = kUnknown;
  std::int32_t ballots_issued = kUnknown;
  std::int32_t ballots_cast = kUnknown;
  std::int32_t blank_votes = kUnknown;
  std::int32_t invalid_votes = kUnknown;
  std::int32_t asked = kUnknown;
  std::int32_t refused = kUnknown;
  std::int32_t undecided = kUnknown;
  // Votes or answers in ballot order; kUnknown for candidates whom a poll did not ask about.
  std::vector<std::int32_t> votes{};

  bool operator==(const Counts&) const = default;
};

// A sum over reports, and the number of reports that did not give the number.
struct Sum {
  std::int64_t total = 0;
  std::int32_t unknown = 0;

  bool operator==(const Sum&) const = default;
};

// Integer totals of one contest, source and area. Each station is in them at most once.
struct Tally {
  std::int32_t reports = 0;  // counting reports
  std::int32_t flagged = 0;  // counting reports with a warning
  Sum registered_voters{};
  Sum ballots_issued{};
  Sum ballots_cast{};
  Sum blank_votes{};
  Sum invalid_votes{};
  Sum asked{};
  Sum refused{};
  Sum undecided{};
  std::vector<Sum> votes{};  // in ballot order; empty if and only if `reports` is 0

  bool operator==(const Tally&) const = default;
};

// The sums that are not votes.
inline constexpr auto kTallySums = std::to_array<Sum Tally::*>(
    {&Tally::registered_voters, &Tally::ballots_issued, &Tally::ballots_cast, &Tally::blank_votes,
     &Tally::invalid_votes, &Tally::asked, &Tally::refused, &Tally::undecided});

// Adds a report to `tally`. REQUIRES: `counts` passed CheckReport, so that sums cannot overflow.
void Add(Tally& tally, const Counts& counts, bool flagged);
// The inverse of Add, for a report that is corrected or annulled. REQUIRES: the report was added
// before.
void Subtract(Tally& tally, const Counts& counts, bool flagged);
// Adds `other` to `tally`, e.g. the tally of an area to that of its parent.
void Merge(Tally& tally, const Tally& other);

// Stations by state. expected = counted + annulled + held + missing; closed stations are not
// expected.
struct Progress {
  std::int32_t expected = 0;
  std::int32_t counted = 0;
  std::int32_t annulled = 0;
  std::int32_t held = 0;
  std::int32_t closed = 0;
  std::int64_t registered_expected = 0;  // on the register before the poll
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
