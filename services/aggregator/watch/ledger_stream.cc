#include "services/aggregator/watch/ledger_stream.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/actor.h"
#include "common/identity/policy.h"
#include "common/rpc/caller.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::aggregator {
namespace {

// Whether the writer stops on this caller's word: on a publisher's, and on everybody's where there
// is no TLS, because such callers may do everything.
bool IsBelieved(const identity::Peer& peer) {
  if (!peer.is_checked) return true;
  return peer.actor == election::Actor{.role = election::Role::kService, .name = "publisher"};
}

absl::Status Behind(const std::string& watcher, const v1::LedgerPosition& ahead,
                    std::int64_t last_sequence) {
  return MakeError(
      reason::kLedgerBehind,
      StrCat("The ledger of ", ahead.election_id(), " ends at sequence ", last_sequence, ", but ",
             watcher, " has seen sequence ", ahead.sequence(), " of it, with the root ",
             ahead.root_hash(), ": the database is older than what was published"));
}

// Null if the caller's word does not count.
LedgerCursor::AheadCallback TellWriter(LedgerWriter& writer, const identity::Peer& peer) {
  if (!IsBelieved(peer)) return nullptr;
  return [&writer, watcher = identity::ActorOf(peer)](const v1::LedgerPosition& ahead,
                                                      std::int64_t last_sequence) {
    writer.NoteBehind(Behind(watcher, ahead, last_sequence));
  };
}

}  // namespace

LedgerStream::LedgerStream(LedgerFeed& feed, const CommittedLedgers& committed,
                           LedgerWriter& writer, rpc::CallShares& shares,
                           grpc::CallbackServerContext& context,
                           const v1::WatchLedgerRequest& request)
    : feed_(feed), context_(context), caller_(rpc::CallerOf(context)) {
  absl::Status admitted = rpc::CheckCaller(context, identity::Call::kWatchLedger);
  if (admitted.ok()) {
    admitted = shares.Enter(caller_, reason::kTooManyWatchers, absl::Seconds(1), place_);
  }
  absl::StatusOr<LedgerCursor> cursor =
      admitted.ok()
          ? LedgerCursor::Start(request, committed, TellWriter(writer, rpc::PeerOf(context)))
          : admitted;
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
