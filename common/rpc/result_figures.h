#ifndef CANVASS_COMMON_RPC_RESULT_FIGURES_H_
#define CANVASS_COMMON_RPC_RESULT_FIGURES_H_

#include "canvass/v1/result.pb.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/tally.h"

// Fills in the figures of a Result: its candidates and its numbers of ballots or interviews. Leaves
// all other fields unchanged.
namespace canvass::rpc {

// Sets the figures from totals of ballots.
// - A number that any counted station did not give is absent. This includes the votes of a
//   candidate. If any candidate's votes are unknown, or if blank votes are valid and unknown, the
//   valid votes are unknown and every share is "".
// - If there are no votes at all, for example before anything is counted, ranks are 0 and
//   candidates are in ballot order. Before anything is counted, votes are 0 and shares "".
void SetBallotFigures(const election::Contest& contest, const election::Tally& tally,
                      v1::Result* result);

// Sets the figures from totals of interviews. Shares are shares of the answers, each with its
// margin of error. A candidate that no counted station asked about has no votes and no share. If
// only some stations did not ask about a candidate, the candidate's share is still a share of all
// answers.
void SetInterviewFigures(const election::Contest& contest, const election::Source& source,
                         const election::Tally& tally, v1::Result* result);

// Sets the figures that a poll published. Candidates are ordered by published share, highest first,
// followed by those without a published share in ballot order. Sets no shares if the poll was
// retracted. The caller sets result->poll_figures().
void SetPublishedFigures(const election::Contest& contest, const election::PollFigures& published,
                         v1::Result* result);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_RESULT_FIGURES_H_
