#ifndef CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_
#define CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_

#include "common/election/definition.h"
#include "common/election/finding_list.h"
#include "common/election/report.h"
#include "common/election/tally.h"

namespace canvass::election {

// Rules on the numbers of one report. Each function adds what they break to `findings`, and returns
// them in ballot order; a number that was not given or is out of range is kUnknown, and no further
// rule applies to it.

// Ballots from an official source, which must give all but registered and issued, or from a
// parallel count, which must give the candidates' votes.
Counts CheckBallots(const Definition& definition, int contest_no, SourceKind kind,
                    const BallotCount& ballots, FindingList& findings);

// Interviews from an exit poll, which answers for the candidates that it asked about.
Counts CheckInterviews(const Definition& definition, int contest_no,
                       const InterviewCount& interviews, FindingList& findings);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_NUMBERS_CHECK_H_
