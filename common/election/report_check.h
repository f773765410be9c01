#ifndef CANVASS_COMMON_ELECTION_REPORT_CHECK_H_
#define CANVASS_COMMON_ELECTION_REPORT_CHECK_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/finding_list.h"
#include "common/election/report.h"

namespace canvass::election {

// A report whose ids are resolved to numbers as far as possible.
struct CheckedReport {
  // The event to record. Complete unless a finding is REJECT. `held` and `findings` are those of
  // this check.
  ReportRecorded recorded{};
  // The broken rules in rule order, at most kFindingsMax.
  std::vector<Finding> findings{};
  // The highest severity among the findings: kUnspecified or kWarn (the report counts), kHold or
  // kReject.
  Severity outcome = Severity::kUnspecified;
  // True if the ids of contest, source and station are known, so that `recorded.key` is valid.
  bool identified = false;
};

// Sets the findings of `checked`, and what follows from them.
void Conclude(FindingList findings, CheckedReport& checked);

// Checks every rule that does not depend on the count: identity, shape and arithmetic. contest_id
// may be empty if the election has one contest, and source_id if it has one official source. `now`
// is compared with the time at which the polls close.
CheckedReport CheckReport(const Definition& definition, const StationReport& report,
                          absl::Time now);

// Adds the findings that depend on the count: CONTEST_CERTIFIED, REPORT_ANNULLED, REVISION_GAP and
// REVISION_CONFLICT. A revision that is already recorded is a REVISION_CONFLICT, so the caller must
// have found that its content differs. REQUIRES: checked.identified.
void CheckAgainstCount(const Count& count, CheckedReport& checked);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_REPORT_CHECK_H_
