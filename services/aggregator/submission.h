#ifndef CANVASS_SERVICES_AGGREGATOR_SUBMISSION_H_
#define CANVASS_SERVICES_AGGREGATOR_SUBMISSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {

// A report with who submitted it.
struct SubmittedReport {
  election::StationReport report{};
  std::string actor{};         // authenticated caller
  bool validate_only = false;  // check only: nothing is kept
};

enum class ReceiptState : std::uint8_t { kRecorded = 2, kHeld = 3, kRefused = 4 };

// What became of a submitted report. It is durable, unless it was only to be checked.
struct Receipt {
  // Complete where the report's contest and source could be identified; else as submitted.
  election::ReportKey key{};
  ReceiptState state = ReceiptState::kRefused;
  std::int64_t sequence = 0;  // of its entry; 0 where there is none
  ledger::Hash entry_hash{};  // only with a sequence
  absl::Time recorded_at{};   // only with a sequence
  std::vector<election::Finding> findings{};
  bool repeated_submission = false;  // the same report had been recorded before
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_SUBMISSION_H_
