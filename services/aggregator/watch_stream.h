#ifndef CANVASS_SERVICES_AGGREGATOR_WATCH_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCH_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "services/aggregator/tally_feed.h"

namespace canvass::aggregator {

// One call of WatchTallies: carries what the feed sends. Deletes itself when the call is over.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchTalliesResponse>,
                          public TallyFeed::Watcher {
 public:
  // Owns none; `book` is what the feed sends from.
  WatchStream(TallyFeed& feed, const LedgerBook& book, const v1::WatchTalliesRequest& request);

  void Send(v1::WatchTalliesResponse message) override;
  void End(const absl::Status& status) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ~WatchStream() override = default;

  TallyFeed& feed_;
  v1::WatchTalliesResponse message_;  // on its way
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCH_STREAM_H_
