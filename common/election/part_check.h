#ifndef CANVASS_COMMON_ELECTION_PART_CHECK_H_
#define CANVASS_COMMON_ELECTION_PART_CHECK_H_

#include <cstddef>

#include "common/election/definition.h"
#include "common/election/problem_list.h"

// Checks of single parts of a definition, without their relations to other parts. REQUIRES: the
// parts are complete, i.e. MergeDefinition has merged them.
namespace canvass::election {

// For names, addresses and other short texts: about a paragraph, so that lists stay readable.
inline constexpr std::size_t kTextBytesMax = 1'000;
// More languages than any country prints ballots in.
inline constexpr std::size_t kLanguagesMax = 50;
// The longest ballots of large countries have a few hundred names.
inline constexpr std::size_t kCandidatesMax = 1'000;
inline constexpr std::size_t kTagsMax = 100;
inline constexpr std::size_t kOrganisationsMax = 100;

void CheckElection(const Election& election, ProblemList& problems);
void CheckContest(const Contest& contest, const Place& place, ProblemList& problems);
void CheckSource(const Source& source, const Place& place, ProblemList& problems);
void CheckArea(const Area& area, const Place& place, ProblemList& problems);
void CheckStation(const Station& station, const Place& place, ProblemList& problems);
void CheckReason(const DefinitionChange& change, ProblemList& problems);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_PART_CHECK_H_
