#include "services/aggregator/writer/write_request.h"

#include <cassert>
#include <cstddef>
#include <utility>
#include <variant>

namespace canvass::aggregator {

void PendingReports::AddReceipt(std::size_t index, Receipt receipt) {
  assert(!IsAnswered(index));
  if (receipts.empty()) {
    receipts.resize(reports.size());
    answered.resize(reports.size());
  }
  receipts[index] = AsOwn(index, std::move(receipt));
  in_doubt.erase(index);
  answered[index] = true;
  ++answers;
}

void PendingReports::KeepInDoubt(std::size_t index, Receipt receipt) {
  in_doubt.insert_or_assign(index, AsOwn(index, std::move(receipt)));
}

// A report that a commit in doubt has recorded belongs to this submission and is no repetition.
Receipt PendingReports::AsOwn(std::size_t index, Receipt receipt) const {
  const auto expected = in_doubt.find(index);
  if (expected != in_doubt.end() && !expected->second.repeated_submission &&
      expected->second.entry_hash == receipt.entry_hash) {
    receipt.repeated_submission = false;
  }
  return receipt;
}

void WriteRequest::Fail(const absl::Status& status) {
  std::visit([&status](auto& pending) { pending.done(status); }, what);
}

}  // namespace canvass::aggregator
