#include "services/publisher/watch/result_stream.h"

#include <grpcpp/support/status.h>

#include <utility>

#include "common/rpc/status.h"

namespace canvass::publisher {

ResultStream* ResultStream::Start(ResultFeed& feed, const v1::WatchResultRequest& request) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private
  const std::shared_ptr<ResultStream> watch(new ResultStream(feed, request));
  watch->self_ = watch;
  if (const absl::Status added = feed.Add(request, watch); !added.ok()) watch->End(added);
  return watch.get();
}

void ResultStream::Offer(std::shared_ptr<const v1::WatchResultResponse> response) {
  const MutexLock lock(mutex_);
  if (finished_ || end_) return;
  next_ = std::move(response);
  if (writing_ == nullptr) WriteNext();
}

void ResultStream::End(const absl::Status& why) {
  const MutexLock lock(mutex_);
  if (finished_ || end_) return;
  if (writing_ == nullptr) {
    FinishNow(why);
  } else {
    end_ = why;
  }
}

void ResultStream::OnWriteDone(bool ok) {
  const MutexLock lock(mutex_);
  writing_ = nullptr;
  if (finished_) return;
  if (!ok) {
    FinishNow(absl::CancelledError("The watcher disconnected."));
  } else if (end_) {
    FinishNow(*end_);
  } else if (next_ != nullptr) {
    WriteNext();
  }
}

void ResultStream::OnCancel() { End(absl::CancelledError("The watcher disconnected.")); }

void ResultStream::OnDone() {
  feed_.Remove(request_, this);
  // The feed may still be offering a response. It then holds its own reference.
  const std::shared_ptr<ResultStream> last = std::move(self_);
}

void ResultStream::WriteNext() {
  writing_ = std::move(next_);
  next_ = nullptr;
  StartWrite(writing_.get());
}

void ResultStream::FinishNow(const absl::Status& why) {
  finished_ = true;
  next_ = nullptr;
  Finish(rpc::ToGrpcStatus(why));
}

}  // namespace canvass::publisher
