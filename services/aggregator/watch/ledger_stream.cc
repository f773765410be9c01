#include "services/aggregator/watch/ledger_stream.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/reason.h"
#include "common/identity/policy.h"
#include "common/rpc/caller.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::aggregator {

LedgerStream::LedgerStream(LedgerFeed& feed, const CommittedLedgers& committed,
                           rpc::CallShares& shares, grpc::CallbackServerContext& context,
                           const v1::WatchLedgerRequest& request)
    : feed_(feed), context_(context), caller_(rpc::CallerOf(context)) {
  absl::Status admitted = rpc::CheckCaller(context, identity::Call::kWatchLedger);
  if (admitted.ok()) {
    admitted = shares.Enter(caller_, reason::kTooManyWatchers, absl::Seconds(1), place_);
  }
  absl::StatusOr<LedgerCursor> cursor =
      admitted.ok() ? LedgerCursor::Start(request, committed) : admitted;
  if (cursor.ok()) {
    feed_.Watch(*std::move(cursor), *this);
  } else {
    End(cursor.status());
  }
}

void LedgerStream::Send(v1::WatchLedgerResponse message) {
  message_ = std::move(message);
  unread_ = rpc::UnreadAnswer(rpc::UnreadAnswers::OfProcess(), caller_, 2 * message_.ByteSizeLong(),
                              [this] { context_.TryCancel(); });
  StartWrite(&message_);
}

void LedgerStream::End(const absl::Status& status) {
  place_.Leave();
  Finish(rpc::ToGrpcStatus(status));
}

void LedgerStream::OnWriteDone(bool ok) {
  unread_ = {};
  feed_.Sent(*this, ok);
}

void LedgerStream::OnCancel() { feed_.Cancel(*this); }

void LedgerStream::OnDone() { delete this; }

}  // namespace canvass::aggregator
