#include "services/aggregator/watch/ledger_stream.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/rpc/status.h"

namespace canvass::aggregator {

LedgerStream::LedgerStream(LedgerFeed& feed, const CommittedLedgers& committed,
                           const v1::WatchLedgerRequest& request)
    : feed_(feed) {
  absl::StatusOr<LedgerCursor> cursor = LedgerCursor::Start(request, committed);
  if (cursor.ok()) {
    feed_.Watch(*std::move(cursor), *this);
  } else {
    Finish(rpc::ToGrpcStatus(cursor.status()));
  }
}

void LedgerStream::Send(v1::WatchLedgerResponse message) {
  message_ = std::move(message);
  StartWrite(&message_);
}

void LedgerStream::End(const absl::Status& status) { Finish(rpc::ToGrpcStatus(status)); }

void LedgerStream::OnWriteDone(bool ok) { feed_.Sent(*this, ok); }

void LedgerStream::OnCancel() { feed_.Cancel(*this); }

void LedgerStream::OnDone() { delete this; }

}  // namespace canvass::aggregator
