#include "common/rpc/list_calls.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

// Answers ListOutbox with an error that says so, once it may.
class ListService final : public reporter::v1::StationReporterService::CallbackService {
 public:
  grpc::ServerUnaryReactor* ListOutbox(grpc::CallbackServerContext* context,
                                       const reporter::v1::ListOutboxRequest* request,
                                       reporter::v1::ListOutboxResponse* response) override {
    last = context;
    return calls.Reply(context, *request, *response, [this] {
      const MutexLock lock(mutex_);
      ++made;
      while (!open_) opened_.Wait(mutex_);
      return absl::AbortedError("made");
    });
  }

  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
    opened_.NotifyAll();
  }

  ListCalls calls;
  std::atomic<int> made = 0;
  std::atomic<grpc::CallbackServerContext*> last = nullptr;  // valid while its call is open

 private:
  Mutex mutex_;
  CondVar opened_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

class ListCallsTest : public ::testing::Test {
 protected:
  ListCallsTest() : server_(*Server::Start({}, {&service_})) {}
  ~ListCallsTest() override {
    service_.Open();
    server_->Stop({});
  }

  static absl::Status Call(const std::shared_ptr<grpc::Channel>& channel,
                           grpc::ClientContext& context) {
    reporter::v1::ListOutboxResponse response;
    return FromGrpcStatus(reporter::v1::StationReporterService::NewStub(channel)->ListOutbox(
        &context, {}, &response));
  }
  std::future<absl::Status> Start(const std::shared_ptr<grpc::Channel>& channel) {
    return std::async(std::launch::async, [channel] {
      grpc::ClientContext context;
      SetDeadline(context, absl::Seconds(20));
      return Call(channel, context);
    });
  }

  ListService service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ListCallsTest, AnswersWithTheStatusOfTheAnswer) {
  service_.Open();
  EXPECT_EQ(Start(NewChannel(server_->address())).get(), absl::AbortedError("made"));
}

TEST_F(ListCallsTest, ARequestThatIsTooLargeIsNotAnswered) {
  reporter::v1::ListOutboxRequest request;
  request.set_page_token(std::string(kRequestBytesMax, 'x'));
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(20));
  reporter::v1::ListOutboxResponse response;
  const absl::Status status =
      FromGrpcStatus(reporter::v1::StationReporterService::NewStub(NewChannel(server_->address()))
                         ->ListOutbox(&context, request, &response));
  EXPECT_EQ(DetailOf(status).reason, "REQUEST_TOO_LARGE");
  EXPECT_EQ(DetailOf(status).violations[0].field, "request");
  EXPECT_EQ(service_.made, 0);
}

// Of 32 calls one caller may have 16.
TEST_F(ListCallsTest, ACallerMayHaveAsManyAsItLeavesFree) {
  const std::array channels = {NewChannel(server_->address()), NewChannel(server_->address())};
  std::vector<std::future<absl::Status>> calls;
  for (std::size_t i = 0; i < 20; ++i) calls.push_back(Start(channels.at(i % 2)));
  const auto answered = [&calls] {
    return std::count_if(calls.begin(), calls.end(), [](const auto& call) {
      return call.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
    });
  };
  const absl::Time until = absl::Now() + absl::Seconds(20);
  while (answered() < 4 && absl::Now() < until) continue;
  service_.Open();
  int refused = 0;
  for (auto& call : calls) {
    const absl::Status status = call.get();
    if (status == absl::AbortedError("made")) continue;
    EXPECT_EQ(DetailOf(status).reason, "TOO_MANY_LISTS") << status;
    EXPECT_GT(DetailOf(status).retry_after_ms, 0);
    ++refused;
  }
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(service_.made, 16);
}

TEST_F(ListCallsTest, AListThatNobodyWaitsForIsNotMade) {
  const auto channel = NewChannel(server_->address());
  // As many as there are threads to make them.
  std::vector<std::future<absl::Status>> busy;
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency() / 2);
  for (unsigned i = 0; i < threads; ++i) busy.push_back(Start(channel));
  while (service_.made < static_cast<int>(threads)) absl::SleepFor(absl::Milliseconds(1));
  grpc::ClientContext context;
  SetDeadline(context, absl::Milliseconds(50));
  EXPECT_EQ(Call(channel, context).code(), absl::StatusCode::kDeadlineExceeded);
  while (!service_.last.load()->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
  service_.Open();
  for (auto& call : busy) EXPECT_EQ(call.get(), absl::AbortedError("made"));
  server_->Stop({});
  EXPECT_EQ(service_.made, static_cast<int>(threads));
}

}  // namespace
}  // namespace canvass::rpc
