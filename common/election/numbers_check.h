#ifndef CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_
#define CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_

#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/finding_list.h"
#include "common/election/report.h"
#include "common/election/tally.h"

namespace canvass::election {

// Checks of the numbers of one report. Each function adds its findings to `findings` and returns
// the numbers in ballot order. A number that is missing or out of range becomes kUnknown. The rules
// then use what the other numbers and the definition say about it: votes need as many ballots, and
// the register of the station limits them.

// Checks ballots. An official source must give every number but registered voters and ballots
// issued. A parallel count must give the votes of every candidate.
Counts CheckBallots(const Definition& definition, const StationKey& key, SourceKind kind,
                    const BallotCount& ballots, FindingList& findings);

// Checks interviews of an exit poll. It has answers only for the candidates that it asked about.
Counts CheckInterviews(const Definition& definition, const StationKey& key,
                       const InterviewCount& interviews, FindingList& findings);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_
