#ifndef CANVASS_COMMON_RPC_RESULT_PROTO_H_
#define CANVASS_COMMON_RPC_RESULT_PROTO_H_

#include <string_view>

#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/election/definition.h"
#include "common/election/standing.h"
#include "common/election/tally.h"
// The rest of what the public reads is part of this interface.
#include "common/rpc/ledger_entry_proto.h"
#include "common/rpc/source_comparison_proto.h"
#include "common/rpc/station_standing_proto.h"

namespace canvass::ledger {
class ElectionLedger;
}  // namespace canvass::ledger

// Builds results for the public. All functions are pure functions of the ledger and the clock.
namespace canvass::rpc {

// `confirmed_at` is when the ledger was last known to be the newest.
v1::AsOf AsOfOf(const ledger::ElectionLedger& ledger, std::string_view ledger_id,
                absl::Time confirmed_at);

// Which result is asked for.
struct ResultQuestion {
  int contest_no = 0;
  int source_no = 0;
  int area_no = 0;
  int station_no = -1;        // >= 0 selects this station's own result
  std::string_view tag = {};  // if not empty, only stations with this tag count
};

// Returns the current result: shares, turnout, ranking, progress and status. An exit poll's result
// uses the station reports of the area if there are any, otherwise the published figures. REQUIRES:
// the count is defined, and `question` names parts of the definition.
v1::Result ResultOf(const ledger::ElectionLedger& ledger, const ResultQuestion& question,
                    const v1::AsOf& as_of);

// Everything in a result except names, at the end of the ledger or at an earlier sequence.
struct ResultFigures {
  election::Tally tally{};
  election::Progress progress{};
  election::ResultStatus status = election::ResultStatus::kPreElection;
  const election::Certified* certified = nullptr;  // not owned; null before the first certification
  const election::PollFigures* published = nullptr;  // not owned; null without poll figures
};

// Returns the result for earlier figures. `as_of` gives their time. REQUIRES: `question` names an
// area, no station and no tag.
v1::Result ResultOf(const ledger::ElectionLedger& ledger, const ResultQuestion& question,
                    const ResultFigures& figures, const v1::AsOf& as_of);

// Returns the result as it was last certified, with status CERTIFIED. REQUIRES: the contest and
// source have been certified.
v1::Result CertifiedResultOf(const ledger::ElectionLedger& ledger, int contest_no, int source_no,
                             const v1::AsOf& as_of);
// Returns the result of one certification. Its as_of holds only the certified sequence.
v1::Result CertifiedResultOf(const election::Definition& definition,
                             const election::Certified& certified);

v1::Progress ToProto(const election::Progress& progress);
v1::ResultStatus ToProto(election::ResultStatus status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_RESULT_PROTO_H_
