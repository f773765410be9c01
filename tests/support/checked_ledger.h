#ifndef CANVASS_TESTS_SUPPORT_CHECKED_LEDGER_H_
#define CANVASS_TESTS_SUPPORT_CHECKED_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/actor.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/report_check.h"
#include "common/election/seal_check.h"
#include "tests/support/definition_builder.h"

namespace canvass::testing {

// An election's ledger in memory as the one writer keeps it: what the checkers let pass is appended
// and folded, and nothing else. Sequences count from 1; one entry a second.
class CheckedLedger {
 public:
  explicit CheckedLedger(const DefinitionBuilder& definition);

  const election::Count& count() const { return count_; }
  const std::vector<election::Entry>& entries() const { return entries_; }
  std::int64_t sequence() const { return static_cast<std::int64_t>(entries_.size()); }

  // Of the definition; nothing is appended where nothing changes.
  absl::Status Change(election::DefinitionChange request);
  // As CheckReport and CheckAgainstCount judge it; appended unless that is REJECT.
  election::CheckedReport Submit(const election::StationReport& report);
  // Sequence of the entry, or of the one that says the same already.
  absl::StatusOr<std::int64_t> Release(const election::ReportDecisionRequest& request);
  absl::StatusOr<std::int64_t> Annul(const election::ReportDecisionRequest& request,
                                     const std::string& actor = election::kLocalActor);
  absl::StatusOr<std::int64_t> Reinstate(const election::ReportDecisionRequest& request);
  absl::StatusOr<std::int64_t> Publish(const election::PollFiguresRequest& request);
  absl::StatusOr<std::int64_t> Certify(const election::CertificationRequest& request,
                                       const std::string& actor = election::kLocalActor);
  absl::StatusOr<std::int64_t> Reopen(const election::ReopeningRequest& request);
  // Seals the content without a check, and opens what this sealed. Sequence of the entry.
  std::int64_t Seal(const election::SealedContent& content);
  std::int64_t Open(std::int64_t seal_sequence);
  absl::StatusOr<std::int64_t> Withdraw(const election::SealWithdrawalRequest& request);

  // The numbers of these ids.
  election::StationKey KeyOf(const std::string& contest_id, const std::string& source_id,
                             const std::string& station_id) const;

 private:
  std::int64_t Append(election::Event event, const std::string& actor = election::kLocalActor);
  absl::StatusOr<std::int64_t> Append(const absl::StatusOr<election::Decision>& decision,
                                      const std::string& actor = election::kLocalActor);

  std::vector<election::Entry> entries_;
  std::map<std::int64_t, election::SealedContent> sealed_;  // by the sequence of the seal
  election::Count count_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_CHECKED_LEDGER_H_
