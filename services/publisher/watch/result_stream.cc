#include "services/publisher/watch/result_stream.h"

#include <grpcpp/support/status.h>

#include <utility>

#include "common/rpc/caller.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::publisher {

ResultStream* ResultStream::Start(ResultFeed& feed, grpc::CallbackServerContext& context,
                                  const v1::WatchResultRequest& request) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private
  const std::shared_ptr<ResultStream> watch(new ResultStream(feed, context, request));
  watch->self_ = watch;
  absl::Status added;
  {
    const MutexLock lock(watch->mutex_);
    added = feed.Add(request, rpc::CallerOf(context), watch, watch->place_);
  }
  if (!added.ok()) watch->End(added);
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
  unread_ = {};
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
  const MutexLock lock(mutex_);
  unread_ = {};
}

void ResultStream::WriteNext() {
  writing_ = std::move(next_);
  next_ = nullptr;
  unread_ =
      rpc::UnreadAnswer(rpc::UnreadAnswers::OfProcess(), rpc::CallerOf(context_),
                        writing_->ByteSizeLong(), [context = &context_] { context->TryCancel(); });
  StartWrite(writing_.get());
}

void ResultStream::FinishNow(const absl::Status& why) {
  finished_ = true;
  next_ = nullptr;
  place_.Leave();
  Finish(rpc::ToGrpcStatus(why));
}

}  // namespace canvass::publisher
