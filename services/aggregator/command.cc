#include "services/aggregator/command.h"

#include <utility>
#include <variant>

namespace canvass::aggregator {

// What a commit in doubt has recorded is the submission's own and no repetition.
void Submission::AddReceipt(Receipt receipt) {
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

void Command::Fail(const absl::Status& status) {
  std::visit([&status](auto& pending) { pending.done(status); }, what);
}

}  // namespace canvass::aggregator
