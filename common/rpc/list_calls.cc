#include "common/rpc/list_calls.h"

#include <google/protobuf/message.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/rpc/caller.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::rpc {
namespace {

constexpr absl::Duration kRetryAfter = absl::Milliseconds(500);

}  // namespace

// A call within the limit. Deletes itself when it is over and its alarm has gone off.
class ListCalls::Call final : public grpc::ServerUnaryReactor {
 public:
  Call(CallPlace place, std::string caller, grpc::CallbackServerContext& context,
       const google::protobuf::Message& response, std::function<absl::Status()> answer)
      : place_(std::move(place)),
        caller_(std::move(caller)),
        context_(context),
        response_(response),
        answer_(std::move(answer)) {}

  // Called once, before which the call is not over.
  void Answer() {
    if (context_.IsCancelled()) {
      place_.Leave();
      Finish(ToGrpcStatus(absl::CancelledError("the client did not wait for the answer")));
      return;
    }
    const absl::Status status = answer_();
    place_.Leave();
    unread_ = UnreadAnswer(UnreadAnswers::OfProcess(), caller_,
                           UnreadAnswers::kHeldPerByte * response_.ByteSizeLong(),
                           [this] { context_.TryCancel(); });
    users_ = 2;
    alarm_.Set(TimeIn(kReadWithin), [this](bool is_late) {
      {
        const MutexLock lock(mutex_);
        if (is_late && !is_done_) context_.TryCancel();
      }
      Release();
    });
    Finish(ToGrpcStatus(status));
  }

  void OnDone() override {
    unread_ = {};
    {
      const MutexLock lock(mutex_);
      is_done_ = true;
    }
    alarm_.Cancel();
    Release();
  }

 private:
  ~Call() override = default;

  void Release() {
    if (--users_ == 0) delete this;
  }

  CallPlace place_;  // until the answer is made
  const std::string caller_;
  grpc::CallbackServerContext& context_;
  const google::protobuf::Message& response_;
  const std::function<absl::Status()> answer_;
  UnreadAnswer unread_;  // from Answer to OnDone
  grpc::Alarm alarm_;
  std::atomic<int> users_ = 1;  // the call and, once it is set, the alarm
  Mutex mutex_;
  bool is_done_ ABSL_GUARDED_BY(mutex_) = false;  // then the context is gone
};

ListCalls::ListCalls() {
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency() / 2);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ListCalls::~ListCalls() {
  {
    const MutexLock lock(mutex_);
    assert(waiting_.empty());
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

grpc::ServerUnaryReactor* ListCalls::Reply(grpc::CallbackServerContext* context,
                                           const google::protobuf::Message& request,
                                           const google::protobuf::Message& response,
                                           std::function<absl::Status()> answer) {
  absl::Status status = CheckDeadline(*context);
  if (status.ok()) status = CheckSize(request);
  std::string caller = CallerOf(*context);
  CallPlace place;
  if (status.ok()) status = shares_.Enter(caller, reason::kTooManyLists, kRetryAfter, place);
  if (!status.ok()) return Finish(context, status);
  auto* const call =
      new Call(std::move(place), std::move(caller), *context, response, std::move(answer));
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(call);
  }
  changed_.NotifyAll();
  return call;
}

void ListCalls::Work() {
  for (;;) {
    Call* next = nullptr;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) changed_.Wait(mutex_);
      if (waiting_.empty()) return;
      next = waiting_.front();
      waiting_.pop_front();
    }
    next->Answer();
  }
}

}  // namespace canvass::rpc
