#include "common/rpc/station_standing_proto.h"

#include <cassert>
#include <cstdint>
#include <utility>
#include <variant>

#include "common/base/index.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/ledger/election_ledger.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/ledger_entry_proto.h"
#include "common/rpc/report_proto.h"

namespace canvass::rpc {
namespace {

v1::StationReport ReportAt(const ledger::ElectionLedger& ledger, std::int64_t sequence) {
  const election::Entry entry = ledger.CountedEntryAt(sequence);
  return ToProto(ledger.count().definition(), std::get<election::ReportRecorded>(entry.event));
}

// Returns the sequence of the report to show for a station, or 0 for none. Reports from before the
// station was closed or merged are not shown.
std::int64_t ShownSequence(const election::StationStanding& standing, bool reports_for_itself) {
  if (!reports_for_itself || standing.state == election::StationState::kMissing) return 0;
  return standing.counting_sequence != 0 ? standing.counting_sequence : standing.newest_sequence;
}

}  // namespace

v1::StationStanding StandingOf(const ledger::ElectionLedger& ledger,
                               const election::StationKey& key) {
  const election::Count& count = ledger.count();
  assert(count.defined());
  assert(std::cmp_less(key.contest_no, count.definition().contests().size()));
  assert(std::cmp_less(key.source_no, count.definition().sources().size()));
  assert(std::cmp_less(key.station_no, count.definition().stations().size()));
  const election::StationStanding standing = count.StandingOf(key);
  v1::StationStanding out;
  *out.mutable_station() = ToProto(count.definition().stations()[Index(key.station_no)]);
  out.set_state(ToProto(standing.state));
  const bool reports_for_itself = standing.state != election::StationState::kClosed &&
                                  count.definition().CountedAt(key.station_no) == key.station_no;
  const std::int64_t shown = ShownSequence(standing, reports_for_itself);
  if (shown != 0) {
    *out.mutable_report() = ReportAt(ledger, shown);
    *out.mutable_receipt() = ReceiptAt(ledger, shown, false);
  }
  if (const election::RecordedAnnulment* const annulment = count.FindAnnulment(key);
      annulment != nullptr && reports_for_itself) {
    out.set_annulment_reason(annulment->annulment.reason);
  }
  if (standing.newest_is_held && standing.counting_sequence != 0) {
    *out.mutable_held_correction() = ReportAt(ledger, standing.newest_sequence);
  }
  return out;
}

v1::StationState ToProto(election::StationState state) {
  return static_cast<v1::StationState>(state);
}

}  // namespace canvass::rpc
