#ifndef CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/unread_answers.h"
#include "services/aggregator/watch/ledger_feed.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// One WatchLedger call, which writes what the feed sends. Deletes itself when the call is over.
class LedgerStream final : public grpc::ServerWriteReactor<v1::WatchLedgerResponse>,
                           public LedgerFeed::Watcher {
 public:
  // `feed`, `committed`, `writer` and `shares` must outlive this. The feed sends from `committed`.
  // If a publisher has entries after its end, the writer is told. Without a place in `shares`, the
  // call ends with RESOURCE_EXHAUSTED TOO_MANY_WATCHERS.
  LedgerStream(LedgerFeed& feed, const CommittedLedgers& committed, LedgerWriter& writer,
               rpc::CallShares& shares, grpc::CallbackServerContext& context,
               const v1::WatchLedgerRequest& request);

  // Open calls, which callers share. Each keeps its request and a position in each election.
  // Watchers are few, because publishers stand in front of the feed.
  static constexpr std::size_t kStreamsMax = 100;

  void Send(v1::WatchLedgerResponse message) override;
  void End(const absl::Status& status) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ~LedgerStream() override = default;

  LedgerFeed& feed_;
  grpc::CallbackServerContext& context_;
  const std::string caller_;
  rpc::CallPlace place_;
  v1::WatchLedgerResponse message_;  // being written
  rpc::UnreadAnswer unread_;         // message_ and its bytes
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_STREAM_H_
