#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_REPORT_GROUP_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_REPORT_GROUP_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/report_check.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/entry_builder.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/refused_reports.h"
#include "services/aggregator/writer/sealed_contents.h"
#include "services/aggregator/writer/submitted_report.h"

namespace canvass::aggregator {

// Reports that are checked and committed together. No two of those that are recorded are of the
// same station in the same contest from the same source, so each is checked against the committed
// ledgers alone.
//
// The rules of a report are checked in this order: identity, shape and arithmetic; whether the
// actor may submit it, in which case nothing else is said to it; then whether the
// report is already recorded, in which case it gets its first receipt whatever happened since; then
// the rules that depend on the count. REQUIRES: the committed ledgers do not change while the group
// takes reports.
class ReportGroup {
 public:
  // A station in a contest, as one source reports it.
  using Station = std::pair<const ledger::ElectionLedger*, election::StationKey>;

  using NewNonce = election::SealNonce (*)();

  // `before` is the group that is still being committed, or null. Reports on a station that it
  // touches have to wait. It must outlive the last Add to this group.
  ReportGroup(const ReportGroup* before, NewNonce new_nonce)
      : new_nonce_(new_nonce), before_(before) {}

  // Sets the recording time of the reports that are added from here on. Must be called before the
  // first Add.
  void SetTime(absl::Time now);

  // Reserves memory for this many reports.
  void Reserve(std::size_t reports);

  // Prefetches the memory that Add will need for the report.
  void Prefetch(const CommittedLedgers::Contents& committed, const SubmittedReport& submitted);
  // Whether this group or the one before records a report of the station.
  bool IsTouched(const Station& station) const;
  // Checks the report and adds it. Returns its station, and adds nothing, if the report must wait
  // for the next group: the station is touched, or `is_waiting` returns true for it.
  std::optional<Station> Add(const CommittedLedgers::Contents& committed,
                             const SubmittedReport& submitted,
                             absl::FunctionRef<bool(const Station&)> is_waiting);

  // One receipt for each report that was added, in order. They are valid once the transaction is
  // committed.
  std::vector<Receipt>& receipts() { return receipts_; }
  const std::vector<Receipt>& receipts() const { return receipts_; }
  // What must be committed for the receipts. Refusals that newer ones would push out are left out.
  Transaction& transaction();
  // Memory that receipts and entries hold, approximately.
  std::size_t bytes() const { return bytes_; }

 private:
  const ledger::ElectionLedger* Find(const CommittedLedgers::Contents& committed,
                                     const std::string& election_id);
  void AddReceipt(Receipt receipt);
  void AddForUnknownElection(const SubmittedReport& submitted);
  // The ledger, and what closed seals of the report's source hide; null if none is closed, or if
  // the answer must not depend on it.
  struct Basis {
    const ledger::ElectionLedger& ledger;
    const SealedContents* sealed;

    const election::Count& count() const {
      return sealed == nullptr ? ledger.count() : sealed->CountOpened(ledger);
    }
  };
  static Basis BasisOf(const CommittedLedgers::Contents& committed,
                       const ledger::ElectionLedger& ledger, const SubmittedReport& submitted,
                       const election::CheckedReport& checked);
  void AddChecked(const Basis& basis, const SubmittedReport& submitted,
                  election::CheckedReport checked);
  bool AddIfRepeated(const Basis& basis, const SubmittedReport& submitted,
                     const election::CheckedReport& checked);
  void RefuseChecked(const ledger::ElectionLedger& ledger, const SubmittedReport& submitted,
                     election::CheckedReport& checked);
  void Refuse(const SubmittedReport& submitted, Receipt receipt);
  void Record(const ledger::ElectionLedger& ledger, const SubmittedReport& submitted,
              Receipt receipt, election::ReportRecorded recorded);
  const AppendedEntry& AddEntry(const ledger::ElectionLedger& ledger, const std::string& actor,
                                election::ReportRecorded recorded, bool is_sealed);
  EntryBuilder& BuilderOf(const ledger::ElectionLedger& ledger);
  EntryBuilder NewBuilder(const ledger::ElectionLedger& ledger) const;

  const NewNonce new_nonce_;
  absl::Time now_;
  const ReportGroup* const before_;
  const ledger::ElectionLedger* found_ = nullptr;  // last result of Find
  absl::flat_hash_set<Station> touched_;
  absl::flat_hash_map<const ledger::ElectionLedger*, EntryBuilder> builders_;
  Transaction transaction_;
  std::size_t refusal_bytes_ = 0;
  std::size_t refusal_bytes_max_ = 2 * RefusedReports::kBytesPerActorMax;
  std::vector<Receipt> receipts_;
  std::size_t bytes_ = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_REPORT_GROUP_H_
