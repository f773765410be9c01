#ifndef CANVASS_TESTS_SERVICES_PUBLISHER_RUNNING_PUBLISHER_H_
#define CANVASS_TESTS_SERVICES_PUBLISHER_RUNNING_PUBLISHER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gtest/gtest.h"
#include "services/publisher/board/result_board.h"
#include "services/publisher/publisher_service.h"
#include "services/publisher/watch/result_feed.h"
#include "tests/services/publisher/board/ledger_script.h"
#include "tests/support/manual_clock.h"

namespace canvass::publisher {

inline std::string ReasonOf(const absl::Status& status) { return DetailOf(status).reason; }

// The fixture runs the service on a port of its own, over a board that scripts fill, and calls it.
class RunningPublisher : public ::testing::Test {
 protected:
  using Stub = v1::PublisherService::Stub;

  void SetUp() override {
    auto server = rpc::Server::Start({}, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::PublisherService::NewStub(rpc::NewChannel(server_->address()));
  }
  void TearDown() override {
    server_->Stop([this] { feed_.Stop(); });
  }

  // Shows the script's new entries, as of now.
  void Show(LedgerScript& script) {
    for (const auto& message : script.Step()) {
      ASSERT_TRUE(board_.Take(message).ok());
    }
    ASSERT_TRUE(board_.Take(LedgerScript::Confirmation()).ok());
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    rpc::SetDeadline(context, absl::Seconds(20));
    return rpc::FromGrpcStatus(((*stub_).*method)(&context, request, &response));
  }

  testing::ManualClock clock_;
  ResultBoard board_{clock_};
  ResultFeed feed_{board_};
  PublisherService service_{board_, feed_, clock_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<Stub> stub_;
  LedgerScript script_;
};

}  // namespace canvass::publisher

#endif  // CANVASS_TESTS_SERVICES_PUBLISHER_RUNNING_PUBLISHER_H_
