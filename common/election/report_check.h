#ifndef CANVASS_COMMON_ELECTION_REPORT_CHECK_H_
#define CANVASS_COMMON_ELECTION_REPORT_CHECK_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/report.h"

namespace canvass::election {

// A report with its ids resolved to numbers, as far as they could be.
struct CheckedReport {
  // What would be recorded; key, revision, counts, ... are complete if no finding is REJECT. Its
  // `held` and `findings` are those of this check.
  ReportRecorded recorded{};
  // Every rule that was broken, in rule order.
  std::vector<Finding> findings{};
  // What the election's own rules make of it: kUnspecified or kWarn (count it), kHold, kReject.
  Severity outcome = Severity::kUnspecified;
  // True when the ids of contest, source and station are known, so that `recorded.key` names a
  // station.
  bool identified = false;
};

// Checks identity, shape and arithmetic against the definition alone: every rule that needs no
// count. contest_id and source_id may be empty where the election has only one contest, only one
// official source.
CheckedReport CheckReport(const Definition& definition, const StationReport& report,
                          absl::Time now);

// Adds to `checked` what the count says: CONTEST_CERTIFIED, REPORT_ANNULLED, REVISION_GAP,
// and REVISION_CONFLICT (the revision is recorded already; the caller has found before that its
// content differs). REQUIRES: checked.identified.
void CheckAgainstCount(const Count& count, CheckedReport& checked);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_REPORT_CHECK_H_
