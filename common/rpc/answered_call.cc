#include "common/rpc/answered_call.h"

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "common/rpc/caller.h"
#include "common/rpc/status.h"
#include "common/rpc/unread_answers.h"

namespace canvass::rpc {
namespace {

// Deletes itself when the call is over.
class AnsweredCall final : public grpc::ServerUnaryReactor {
 public:
  AnsweredCall(grpc::CallbackServerContext& context, const google::protobuf::Message& response,
               const absl::Status& status)
      : unread_(UnreadAnswers::OfProcess(), CallerOf(context),
                UnreadAnswers::kHeldPerByte * response.ByteSizeLong(),
                [&context] { context.TryCancel(); }) {
    Finish(ToGrpcStatus(status));
  }

  void OnDone() override { delete this; }

 private:
  ~AnsweredCall() override = default;

  const UnreadAnswer unread_;
};

}  // namespace

grpc::ServerUnaryReactor* FinishCounted(grpc::CallbackServerContext* context,
                                        const google::protobuf::Message& response,
                                        const absl::Status& status) {
  return new AnsweredCall(*context, response, status);
}

}  // namespace canvass::rpc
