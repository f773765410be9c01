#ifndef CANVASS_COMMON_RPC_RESULT_PROTO_H_
#define CANVASS_COMMON_RPC_RESULT_PROTO_H_

#include <string_view>

#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/election/definition.h"
#include "common/election/standing.h"
#include "common/election/tally.h"
// Part of this interface: what else the public reads.
#include "common/rpc/ledger_entry_proto.h"
#include "common/rpc/source_comparison_proto.h"
#include "common/rpc/station_standing_proto.h"

namespace canvass::ledger {
class FoldedLedger;
}  // namespace canvass::ledger

// Results as the public reads them: pure functions of the ledger and the clock.
namespace canvass::rpc {

// `confirmed_at`: when the ledger was last known to be the newest.
v1::AsOf AsOfOf(const ledger::FoldedLedger& ledger, std::string_view ledger_id,
                absl::Time confirmed_at);

// What a result is about.
struct ResultQuestion {
  int contest_no = 0;
  int source_no = 0;
  int area_no = 0;
  int station_no = -1;        // >= 0: this station's own result
  std::string_view tag = {};  // not empty: only the stations with it
};

// Shares, turnout, ranking, progress and status. An exit poll's result stands on its station
// reports if there are any in the area, else on its published figures. REQUIRES: the count is
// defined, and the question names parts of the definition.
v1::Result ResultOf(const ledger::FoldedLedger& ledger, const ResultQuestion& question,
                    const v1::AsOf& as_of);

// What a result says besides names: as it stands, or as it stood earlier in the ledger.
struct ResultFigures {
  election::Tally tally{};
  election::Progress progress{};
  election::ResultStatus status = election::ResultStatus::kPreElection;
  const election::Certified* certified = nullptr;  // not owned; null before the first certification
  const election::PollFigures* published = nullptr;  // not owned; null without poll figures
};

// The same of figures that stood earlier; `as_of` says when. REQUIRES: an area, no station and no
// tag.
v1::Result ResultOf(const ledger::FoldedLedger& ledger, const ResultQuestion& question,
                    const ResultFigures& figures, const v1::AsOf& as_of);

// The result as it was certified (status CERTIFIED). REQUIRES: certified at least once.
v1::Result CertifiedResultOf(const ledger::FoldedLedger& ledger, int contest_no, int source_no,
                             const v1::AsOf& as_of);
// One certification's result; of its moment only the sequence that was certified is said.
v1::Result CertifiedResultOf(const election::Definition& definition,
                             const election::Certified& certified);

v1::Progress ToProto(const election::Progress& progress);
v1::ResultStatus ToProto(election::ResultStatus status);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_RESULT_PROTO_H_
