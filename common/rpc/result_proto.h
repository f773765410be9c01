#ifndef CANVASS_COMMON_RPC_RESULT_PROTO_H_
#define CANVASS_COMMON_RPC_RESULT_PROTO_H_

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/result.pb.h"
#include "common/election/count.h"
#include "common/ledger/folded_ledger.h"

// Results and ledger entries as the public reads them. All are pure functions of the ledger and the
// clock.
namespace canvass::rpc {

// `confirmed_at`: when the ledger was last known to be the newest.
v1::AsOf AsOfOf(const ledger::FoldedLedger& ledger, std::string_view ledger_id,
                absl::Time confirmed_at);

// What a result is about.
struct ResultQuestion {
  int contest_no = 0;
  int source_no = 0;
  int area_no = 0;
  int station_no = -1;   // >= 0: this station's own result
  std::string_view tag;  // not empty: only the stations with it
};

// Shares, turnout, ranking, progress and status. An exit poll's result stands on its station
// reports if there are any, else on its published figures.
v1::Result ResultOf(const ledger::FoldedLedger& ledger, const ResultQuestion& question,
                    const v1::AsOf& as_of);

// What a result says besides names: as it stands, or as it stood earlier in the ledger.
struct ResultFigures {
  election::Tally tally{};
  election::Progress progress{};
  election::ResultStatus status = election::ResultStatus::kPreElection;
  const election::Certified* certified = nullptr;  // not owned; null before the first certification
  const election::PublishedPoll* poll = nullptr;   // not owned; null without poll figures
};

// The same of figures that stood earlier; `as_of` says when.
v1::Result ResultOf(const ledger::FoldedLedger& ledger, const ResultQuestion& question,
                    const ResultFigures& figures, const v1::AsOf& as_of);

// The result as it was certified (status CERTIFIED). REQUIRES: certified at least once.
v1::Result CertifiedResultOf(const ledger::FoldedLedger& ledger, int contest_no, int source_no,
                             const v1::AsOf& as_of);

// The entry at `sequence`, with the event only if it is neither hidden nor under embargo at `now`
// (InfiniteFuture: no embargo counts).
v1::LedgerEntry LedgerEntryAt(const ledger::FoldedLedger& ledger, std::int64_t sequence,
                              absl::Time now);

// Receipt of a recorded revision. REQUIRES: the entry at `sequence` is a ReportRecorded and not
// hidden. States RECORDED or HELD are those of the moment of recording.
v1::Receipt ReceiptAt(const ledger::FoldedLedger& ledger, std::int64_t sequence,
                      bool repeated_submission);

v1::StationStanding StandingOf(const ledger::FoldedLedger& ledger, const election::StationKey& key);

// Every other visible source beside the official one, over `area_no`.
v1::SourceComparison ComparisonOf(const ledger::FoldedLedger& ledger, int contest_no,
                                  int official_source_no, int other_source_no, int area_no);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_RESULT_PROTO_H_
