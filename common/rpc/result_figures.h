#ifndef CANVASS_COMMON_RPC_RESULT_FIGURES_H_
#define CANVASS_COMMON_RPC_RESULT_FIGURES_H_

#include "canvass/v1/result.pb.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/tally.h"

// The figures of a Result: its candidates and its numbers of ballots or interviews. Everything else
// is left as it is.
namespace canvass::rpc {

// From totals of ballots.
//  - A number that any counted station did not give is absent. A candidate's votes too; then, or
//  where
//    blank votes are valid and unknown, nobody knows the valid votes, and every share is "".
//  - With no votes at all, before anything is counted, votes are 0, shares "" and ranks 0, in
//  ballot
//    order.
void SetBallotFigures(const election::Contest& contest, const election::Tally& tally,
                      v1::Result* result);

// From totals of interviews: shares of the answers, each with its margin of error. A candidate that
// no counted station asked about has no votes and no share; one that some did not ask about has the
// share of all answers all the same.
void SetInterviewFigures(const election::Contest& contest, const election::Source& source,
                         const election::Tally& tally, v1::Result* result);

// From what a poll published, with `published` already in result->poll_figures(): the highest
// published share first, then the candidates that it says nothing of, in ballot order. None if it
// was retracted.
void SetPublishedFigures(const election::Contest& contest, const election::PollFigures& published,
                         v1::Result* result);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_RESULT_FIGURES_H_
