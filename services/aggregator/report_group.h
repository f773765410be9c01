#ifndef CANVASS_SERVICES_AGGREGATOR_REPORT_GROUP_H_
#define CANVASS_SERVICES_AGGREGATOR_REPORT_GROUP_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/election/report_check.h"
#include "services/aggregator/entry_builder.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/submission.h"

namespace canvass::aggregator {

// Reports that are committed together. No two of them touch the same station in the same contest
// from the same source: each is checked against what is committed, and needs to know nothing of the
// others. A report's rules are checked in this order: identity, shape and arithmetic; then whether
// it is recorded already, which gives its first receipt whatever happened since; then what the
// count says. REQUIRES: while the group takes reports, the book does not change.
class ReportGroup {
 public:
  // `before`: the group that is being committed and is not waited for; null if there is none. What
  // it touches is touched. It lives as long as this one takes reports.
  explicit ReportGroup(const ReportGroup* before) : before_(before) {}

  // When the reports that are added from now on are recorded. Before the first of them.
  void SetTime(absl::Time now);

  // Makes room for so many reports.
  void Reserve(std::size_t reports);

  // Says that the report will be checked soon, so that the memory that this needs is near by then.
  void Prefetch(const LedgerBook::Contents& book, const SubmittedReport& submitted);
  // Checks the report. False if it has to wait for the next group.
  bool Add(const LedgerBook::Contents& book, const SubmittedReport& submitted);

  // One for each report that was added, in order: what it gets once the group is committed.
  std::vector<Receipt>& receipts() { return receipts_; }
  const std::vector<Receipt>& receipts() const { return receipts_; }
  // What has to be committed for that.
  AppendGroup& append() { return append_; }

 private:
  using StationOfElection = std::pair<const BookedLedger*, election::StationKey>;

  const BookedLedger* Find(const LedgerBook::Contents& book, const std::string& election_id);
  void AddForUnknownElection(const SubmittedReport& submitted);
  void AddChecked(const BookedLedger& booked, const SubmittedReport& submitted,
                  election::CheckedReport checked);
  bool AddIfRepeated(const BookedLedger& booked, const SubmittedReport& submitted,
                     const election::CheckedReport& checked);
  void Refuse(const SubmittedReport& submitted, Receipt receipt);
  void Record(const BookedLedger& booked, const SubmittedReport& submitted, Receipt receipt,
              election::ReportRecorded recorded);
  EntryBuilder& BuilderOf(const BookedLedger& booked);
  EntryBuilder NewBuilder(const BookedLedger& booked) const;

  absl::Time now_;
  const ReportGroup* const before_;
  const BookedLedger* found_ = nullptr;  // the last one
  absl::flat_hash_set<StationOfElection> touched_;
  absl::flat_hash_map<const BookedLedger*, EntryBuilder> builders_;
  AppendGroup append_;
  std::vector<Receipt> receipts_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_REPORT_GROUP_H_
