#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/ledger/merkle.h"

namespace canvass::aggregator {

enum class ReceiptState : std::uint8_t { kRecorded = 2, kHeld = 3, kRefused = 4 };

// The outcome of a submitted report. The writer hands it out after the commit. A report that was
// only validated, or whose election is unknown, commits nothing.
struct Receipt {
  // Complete if contest and source could be identified; otherwise as submitted.
  election::ReportKey key{};
  ReceiptState state = ReceiptState::kRefused;
  std::int64_t sequence = 0;  // of its entry; 0 for none
  ledger::Hash entry_hash{};  // only with a sequence
  absl::Time recorded_at{};   // only with a sequence
  std::vector<election::Finding> findings{};
  bool repeated_submission = false;  // the same report was recorded before
  bool sealed = false;               // its entry is a seal
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_RECEIPT_H_
