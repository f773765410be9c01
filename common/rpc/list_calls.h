#ifndef CANVASS_COMMON_RPC_LIST_CALLS_H_
#define CANVASS_COMMON_RPC_LIST_CALLS_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace canvass::rpc {

// The unary calls of a service that are answered with a list, which may take a while to make and
// hold megabytes until its client has read it. They are made on threads of their own, so that
// gRPC's threads are free for calls that are answered at once. Thread-safe.
class ListCalls {
 public:
  // Calls that wait for their answer to be made, and are shared by callers (CallShares). Answers
  // that were made are limited by the memory that they hold (UnreadAnswers).
  static constexpr std::size_t kWaitingMax = 32;
  // How long a client may take to read an answer. Then the call is cancelled.
  static constexpr absl::Duration kReadWithin = absl::Seconds(60);

  ListCalls();
  // REQUIRES: no call is open.
  ~ListCalls();
  ListCalls(const ListCalls&) = delete;
  ListCalls& operator=(const ListCalls&) = delete;

  // Finishes the call with the status that `answer` returns, which fills in `response`, on
  // another thread. Does not run it if the client is gone, if the deadline is out of range or past,
  // if the request is too large (CheckSize), or beyond the limit: RESOURCE_EXHAUSTED
  // TOO_MANY_LISTS. This must outlive the call.
  grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context,
                                  const google::protobuf::Message& request,
                                  const google::protobuf::Message& response,
                                  std::function<absl::Status()> answer);

 private:
  class Call;

  void Work();

  Mutex mutex_;
  CondVar changed_;
  std::deque<Call*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  CallShares shares_{kWaitingMax};
  std::vector<std::thread> threads_;
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_LIST_CALLS_H_
