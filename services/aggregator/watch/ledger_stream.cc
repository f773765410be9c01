#include "services/aggregator/watch/ledger_stream.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::aggregator {

LedgerStream::LedgerStream(LedgerFeed& feed, const CommittedLedgers& committed,
                           grpc::CallbackServerContext& context,
                           const v1::WatchLedgerRequest& request)
    : feed_(feed), context_(context) {
  absl::StatusOr<LedgerCursor> cursor = LedgerCursor::Start(request, committed);
  if (cursor.ok()) {
    feed_.Watch(*std::move(cursor), *this);
  } else {
    Finish(rpc::ToGrpcStatus(cursor.status()));
  }
}

void LedgerStream::Send(v1::WatchLedgerResponse message) {
  message_ = std::move(message);
  unread_ = rpc::UnreadAnswer(rpc::UnreadAnswers::OfProcess(), context_.peer(),
                              2 * message_.ByteSizeLong(), [this] { context_.TryCancel(); });
  StartWrite(&message_);
}

void LedgerStream::End(const absl::Status& status) { Finish(rpc::ToGrpcStatus(status)); }

void LedgerStream::OnWriteDone(bool ok) {
  unread_ = {};
  feed_.Sent(*this, ok);
}

void LedgerStream::OnCancel() { feed_.Cancel(*this); }

void LedgerStream::OnDone() { delete this; }

}  // namespace canvass::aggregator
