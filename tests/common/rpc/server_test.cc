#include "common/rpc/server.h"

#include <arpa/inet.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/sync_stream.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/edge/frame_reader.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/telemetry/metric_sheet.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/common/edge/frame_bytes.h"
#include "tests/support/temporary_folder.h"

namespace canvass::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace health = grpc::health::v1;

constexpr char kServiceName[] = "canvass.reporter.v1.StationReporterService";

// Answers GetReceipt with whatever a test says.
class TestService final : public reporter::v1::StationReporterService::CallbackService {
 public:
  std::function<absl::Status(grpc::CallbackServerContext*)> answer = [](auto*) {
    return absl::OkStatus();
  };

  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context,
                                       const reporter::v1::GetReceiptRequest*,
                                       reporter::v1::GetReceiptResponse*) override {
    return Finish(context, answer(context));
  }
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { Start({}); }

  void Start(const ServerOptions& options) {
    auto server = Server::Start(options, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = NewChannel(server_->address());
    stub_ = reporter::v1::StationReporterService::NewStub(channel_);
  }

  absl::Status Call(absl::Duration timeout = absl::Seconds(20),
                    const std::string& station_id = "") {
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    reporter::v1::GetReceiptRequest request;
    request.mutable_key()->set_station_id(station_id);
    reporter::v1::GetReceiptResponse response;
    return FromGrpcStatus(stub_->GetReceipt(&context, request, &response));
  }

  health::HealthCheckResponse::ServingStatus HealthOf(const std::string& service) {
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(20));
    health::HealthCheckRequest request;
    request.set_service(service);
    health::HealthCheckResponse response;
    const grpc::Status status =
        health::Health::NewStub(channel_)->Check(&context, request, &response);
    if (!status.ok()) return health::HealthCheckResponse::SERVICE_UNKNOWN;
    return response.status();
  }

  std::string Metrics() const {
    telemetry::MetricSheet sheet;
    server_->AddTo(sheet);
    return sheet.Text();
  }

  TestService service_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<reporter::v1::StationReporterService::Stub> stub_;
};

TEST_F(ServerTest, ServesOnAFreePortOfTheHostThatWasAskedFor) {
  EXPECT_THAT(server_->address(), ::testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_EQ(Call(), absl::OkStatus());
}

TEST_F(ServerTest, ClientsConnectAnewWithoutAnErrorOnceAConnectionIsOld) {
  std::set<std::string> peers;
  service_.answer = [&peers](auto* context) {
    peers.insert(context->peer());
    return absl::OkStatus();
  };
  Start({.connection_age_max = absl::Milliseconds(100)});
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (peers.size() < 4 && absl::Now() < deadline) ASSERT_EQ(Call(), absl::OkStatus());
  EXPECT_GE(peers.size(), 4);
}

TEST_F(ServerTest, ErrorsArriveWithTheirDetails) {
  service_.answer = [](auto*) {
    return FieldError(reason::kStationUnknown, "key.station_id", "no \"x\"");
  };
  const absl::Status status = Call();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(status).reason, "STATION_UNKNOWN");
  ASSERT_EQ(DetailOf(status).violations.size(), 1);
  EXPECT_EQ(DetailOf(status).violations.front().field, "key.station_id");
}

TEST_F(ServerTest, APortInUseIsAnErrorThatNamesIt) {
  const auto second = Server::Start({.listen_address = server_->address()}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(second.status()).reason, "ADDRESS_IN_USE");
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server_->address()));
}

TEST(ServerStartTest, AddressesThatCannotBe) {
  const auto reason = [](const std::string& address) {
    return DetailOf(Server::Start({.listen_address = address, .insecure = true}, {}).status())
        .reason;
  };
  EXPECT_EQ(reason("127.0.0.1"), "ADDRESS_MALFORMED");
  EXPECT_EQ(reason("127.0.0.1:x"), "ADDRESS_MALFORMED");
  EXPECT_EQ(reason("127.0.0.1:65536"), "ADDRESS_MALFORMED");
  EXPECT_EQ(reason("127.0.0.1:-1"), "ADDRESS_MALFORMED");
  EXPECT_EQ(reason(":50061"), "ADDRESS_MALFORMED");
  EXPECT_EQ(reason("::1:50061"), "ADDRESS_MALFORMED");
  // TEST-NET-3 of RFC 5737 is nobody's address.
  EXPECT_EQ(reason("203.0.113.1:0"), "ADDRESS_UNAVAILABLE");
}

TEST_F(ServerTest, TheAddressFileHoldsOneLine) {
  const canvass::testing::TemporaryFolder folder;
  const std::string file = folder.File("address");
  Start({.address_file = file});
  std::ifstream stream(file);
  const std::string content((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_EQ(content, server_->address() + "\n");
}

TEST(ServerStartTest, AnAddressFileThatCannotBeWrittenIsNamed) {
  const auto server = Server::Start({.address_file = "/nowhere/address"}, {});
  EXPECT_EQ(DetailOf(server.status()).reason, "ADDRESS_FILE_UNWRITABLE");
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("/nowhere/address"));
}

TEST_F(ServerTest, HealthIsNotServingUntilItIsSaid) {
  EXPECT_EQ(HealthOf(""), health::HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(kServiceName), health::HealthCheckResponse::SERVICE_UNKNOWN);
  server_->SetServing("", true);
  server_->SetServing(kServiceName, false);
  EXPECT_EQ(HealthOf(""), health::HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(kServiceName), health::HealthCheckResponse::NOT_SERVING);
}

TEST_F(ServerTest, AHealthCheckedChannelWaitsForItsService) {
  channel_ = NewChannel(server_->address(), {.health_service = kServiceName});
  stub_ = reporter::v1::StationReporterService::NewStub(channel_);
  server_->SetServing(kServiceName, false);
  EXPECT_EQ(Call().code(), absl::StatusCode::kUnavailable);
  server_->SetServing(kServiceName, true);
  EXPECT_TRUE(channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(20))));
  EXPECT_EQ(Call(), absl::OkStatus());
}

TEST_F(ServerTest, AMessageOverTheLimitNamesTheSizes) {
  const absl::Status status = Call(absl::Seconds(20), std::string(9 << 20, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("8388608"));
}

TEST_F(ServerTest, DeadlinesThatMakeNoSenseAreRefused) {
  service_.answer = [](grpc::CallbackServerContext* context) { return CheckDeadline(*context); };
  EXPECT_EQ(Call(absl::Minutes(4)), absl::OkStatus());
  const absl::Status status = Call(absl::Hours(24 * 365));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(status).reason, "DEADLINE_OUT_OF_RANGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("24h"));
}

TEST_F(ServerTest, ACallWithoutDeadlineGetsTheDefaultToWorkWith) {
  absl::Duration left;
  absl::Status checked;
  service_.answer = [&](grpc::CallbackServerContext* context) {
    left = TimeLeft(*context);
    checked = CheckDeadline(*context);
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  reporter::v1::GetReceiptResponse response;
  ASSERT_TRUE(stub_->GetReceipt(&context, {}, &response).ok());
  EXPECT_EQ(checked, absl::OkStatus());
  EXPECT_EQ(left, absl::Seconds(10));
  ASSERT_EQ(Call(absl::Hours(1)), absl::OkStatus());
  EXPECT_EQ(left, absl::Minutes(5));
  ASSERT_EQ(Call(absl::Seconds(30)), absl::OkStatus());
  EXPECT_GT(left, absl::Seconds(1));
  EXPECT_LE(left, absl::Seconds(31));  // the wire rounds up
}

// A client that neither leaves nor answers pings, as one whose machine was switched off.
TEST_F(ServerTest, StopIsQuickAlthoughAClientWithoutACallStays) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(
      std::stoi(server_->address().substr(server_->address().rfind(':') + 1))));
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)), 0);
  const std::string begin = std::string(edge::FrameReader::kPreface) +
                            edge::FrameBytes(edge::FrameType::kSettings, 0, 0, "");
  ASSERT_EQ(send(fd, begin.data(), begin.size(), MSG_NOSIGNAL), static_cast<ssize_t>(begin.size()));
  char first = 0;
  ASSERT_EQ(recv(fd, &first, 1, 0), 1) << "the server's settings";
  const absl::Time start = absl::Now();
  server_->Stop({});
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  close(fd);
}

// Each has a thread of the server.
TEST_F(ServerTest, FewCallsOfReflectionAreAnsweredAtATime) {
  using Calls = grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>;
  const grpc::internal::RpcMethod method(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      grpc::internal::RpcMethod::BIDI_STREAMING);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>>> calls;
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    SetDeadline(*contexts.back(), absl::Seconds(20));
    calls.emplace_back(Calls::Create(channel_.get(), method, contexts.back().get()));
    const grpc::Slice nothing("");
    calls.back()->Write(grpc::ByteBuffer(&nothing, 1));
    grpc::ByteBuffer answer;
    answered += calls.back()->Read(&answer) ? 1 : 0;
  }
  EXPECT_GE(answered, 1);
  EXPECT_LE(answered, 8);
  EXPECT_EQ(Call(), absl::OkStatus()) << "other calls need no thread";
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& call : calls) EXPECT_FALSE(call->Finish().ok());
}

TEST_F(ServerTest, NoCallIsCancelledWhenTheServerStops) {
  constexpr int kCallers = 8;
  std::vector<std::thread> callers;
  std::vector<absl::Status> last(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([this, &status = last[static_cast<std::size_t>(i)]] {
      while (status.ok()) status = Call();
    });
  }
  absl::SleepFor(absl::Milliseconds(100));
  server_->Stop({});
  for (std::thread& caller : callers) caller.join();
  for (const absl::Status& status : last) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  }
}

TEST_F(ServerTest, StopSaysNotServingThenEndsStreamsAndIsQuickWhenNothingRuns) {
  server_->SetServing("", true);
  channel_ = NewChannel(server_->address());
  // A watched health check is a call that never ends by itself.
  const auto watched = NewChannel(server_->address(), {.health_service = kServiceName});
  server_->SetServing(kServiceName, true);
  ASSERT_TRUE(watched->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(20))));
  auto health_when_streams_end = health::HealthCheckResponse::SERVING;
  const absl::Time start = absl::Now();
  server_->Stop([&] { health_when_streams_end = HealthOf(""); });
  EXPECT_EQ(health_when_streams_end, health::HealthCheckResponse::NOT_SERVING);
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  server_->Stop([] { FAIL() << "stopped before"; });
  EXPECT_EQ(Call(absl::Seconds(5)).code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(server_->IsServing(kServiceName));
}

TEST_F(ServerTest, CountsCallsByMethodAndCode) {
  EXPECT_EQ(Call(), absl::OkStatus());
  service_.answer = [](auto*) { return MakeError(reason::kNotActive, "no"); };
  EXPECT_EQ(Call().code(), absl::StatusCode::kUnavailable);
  const std::string labels =
      "grpc_service=\"canvass.reporter.v1.StationReporterService\","
      "grpc_method=\"GetReceipt\",grpc_type=\"unary\"";
  const std::string metrics = Metrics();
  EXPECT_THAT(metrics, HasSubstr("grpc_server_started_total{" + labels + "} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_msg_received_total{" + labels + "} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_msg_sent_total{" + labels + "} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_handling_seconds_count{" + labels + "} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("grpc_server_handled_total{" + labels + ",grpc_code=\"OK\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("grpc_server_handled_total{" + labels + ",grpc_code=\"Unavailable\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("canvass_connections_total{event=\"accepted\"} 1\n"));
}

// Nobody makes up series by calling what there is not.
TEST_F(ServerTest, UnknownMethodsCountTogether) {
  for (const char* const name : {"/no.Service/Made", "/no.Service/Up",
                                 "/canvass.reporter.v1.StationReporterService/Invented"}) {
    const grpc::internal::RpcMethod method(name, grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(20));
    grpc::ByteBuffer answer;
    const grpc::Slice nothing("");
    const grpc::ByteBuffer request(&nothing, 1);
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer,
                                          grpc::ByteBuffer>(channel_.get(), method, &context,
                                                            request, &answer);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_THAT(Metrics(), HasSubstr("grpc_server_handled_total{grpc_service=\"unknown\","
                                   "grpc_method=\"unknown\",grpc_type=\"unknown\","
                                   "grpc_code=\"Unimplemented\"} 3\n"));
  EXPECT_THAT(Metrics(), Not(HasSubstr("no.Service")));
  EXPECT_THAT(Metrics(), Not(HasSubstr("Invented")));
}

TEST_F(ServerTest, AClientThatGoesCountsAsCancelledOrLate) {
  std::promise<void> called;
  service_.answer = [&called](grpc::CallbackServerContext* context) {
    called.set_value();
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return absl::CancelledError("gone");
  };
  EXPECT_EQ(Call(absl::Milliseconds(200)).code(), absl::StatusCode::kDeadlineExceeded);
  called.get_future().wait();
  server_->Stop({});
  EXPECT_THAT(Metrics(), HasSubstr("grpc_code=\"Canceled\"} 1\n"));
}

TEST_F(ServerTest, TheHealthPortMirrorsHealthAndServesNothingElse) {
  Start({.health_listen_address = "127.0.0.1:0"});
  server_->SetServing(kServiceName, true);
  channel_ = NewChannel(server_->health_address());
  EXPECT_EQ(HealthOf(kServiceName), health::HealthCheckResponse::SERVING);
  server_->SetServing(kServiceName, false);
  EXPECT_EQ(HealthOf(kServiceName), health::HealthCheckResponse::NOT_SERVING);
  stub_ = reporter::v1::StationReporterService::NewStub(channel_);
  EXPECT_EQ(Call().code(), absl::StatusCode::kUnimplemented);
  server_->SetServing(kServiceName, true);
  auto health_when_streams_end = health::HealthCheckResponse::SERVING;
  server_->Stop([&] { health_when_streams_end = HealthOf(kServiceName); });
  EXPECT_EQ(health_when_streams_end, health::HealthCheckResponse::NOT_SERVING);
}

}  // namespace
}  // namespace canvass::rpc
