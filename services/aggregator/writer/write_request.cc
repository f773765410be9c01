#include "services/aggregator/writer/write_request.h"

#include <utility>
#include <variant>

namespace canvass::aggregator {

// A report that a commit in doubt has recorded belongs to this submission and is no repetition.
void PendingReports::AddReceipt(Receipt receipt) {
  receipts.reserve(reports.size());
  if (!in_doubt.empty()) {
    const Receipt& expected = in_doubt.front();
    if (!expected.repeated_submission && expected.entry_hash == receipt.entry_hash) {
      receipt.repeated_submission = false;
    }
    in_doubt.pop_front();
  }
  receipts.push_back(std::move(receipt));
}

void WriteRequest::Fail(const absl::Status& status) {
  std::visit([&status](auto& pending) { pending.done(status); }, what);
}

}  // namespace canvass::aggregator
