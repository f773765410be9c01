#ifndef CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_STREAM_H_
#define CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "common/rpc/unread_answers.h"
#include "services/publisher/watch/result_feed.h"

namespace canvass::publisher {

// One WatchResult stream. At most one write is in progress, and of the results that arrive
// meanwhile only the newest is sent. Owns itself until gRPC is done with it and the feed has
// released it.
class ResultStream final : public grpc::ServerWriteReactor<v1::WatchResultResponse>,
                           public ResultWatcher,
                           public std::enable_shared_from_this<ResultStream> {
 public:
  // `feed` must outlive every stream.
  static ResultStream* Start(ResultFeed& feed, grpc::CallbackServerContext& context,
                             const v1::WatchResultRequest& request);

  void Offer(std::shared_ptr<const v1::WatchResultResponse> response) override;
  void End(const absl::Status& why) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ResultStream(ResultFeed& feed, grpc::CallbackServerContext& context,
               v1::WatchResultRequest request)
      : feed_(feed), context_(context), request_(std::move(request)) {}

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishNow(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ResultFeed& feed_;
  grpc::CallbackServerContext& context_;  // valid until OnDone
  const v1::WatchResultRequest request_;
  std::shared_ptr<ResultStream> self_;  // until OnDone
  Mutex mutex_;
  std::shared_ptr<const v1::WatchResultResponse> writing_ ABSL_GUARDED_BY(mutex_);  // null: idle
  rpc::UnreadAnswer unread_ ABSL_GUARDED_BY(mutex_);  // bytes of writing_
  std::shared_ptr<const v1::WatchResultResponse> next_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);  // applied when the write is done
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  rpc::CallPlace place_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_WATCH_RESULT_STREAM_H_
