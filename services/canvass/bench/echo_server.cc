#include "services/canvass/bench/echo_server.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/process/child_process.h"
#include "common/rpc/message_bytes.h"
#include "common/rpc/server.h"

namespace canvass::cli::bench {
namespace {

constexpr absl::Duration kStartWithin = absl::Seconds(10);
constexpr absl::Duration kEchoLookEvery = absl::Milliseconds(10);

std::string ResponseFile(const std::string& folder) { return StrCat(folder, "/echo.response"); }
std::string AddressFile(const std::string& folder) { return StrCat(folder, "/echo.address"); }

class EchoService final
    : public publisher::v1::PublisherService::WithRawCallbackMethod_GetNationalResult<
          publisher::v1::PublisherService::Service> {
 public:
  explicit EchoService(const grpc::ByteBuffer& response) : response_(response) {}

  grpc::ServerUnaryReactor* GetNationalResult(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* /*request*/,
                                              grpc::ByteBuffer* response) override {
    *response = response_;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::ByteBuffer response_;
};

}  // namespace

EchoServer::EchoServer(std::unique_ptr<process::ChildProcess> process, std::string address)
    : process_(std::move(process)), address_(std::move(address)) {}

EchoServer::EchoServer(EchoServer&&) noexcept = default;

EchoServer::~EchoServer() {
  if (process_ == nullptr) return;
  process_->Signal(SIGTERM);
  process_->WaitForEnd(kStartWithin);
}

int EchoServer::pid() const { return process_->pid(); }

absl::StatusOr<EchoServer> EchoServer::Start(const std::string& folder,
                                             const std::string& response) {
  std::ofstream(ResponseFile(folder), std::ios::binary) << response;
  auto process = process::ChildProcess::Start(
      {.arguments = {"/proc/self/exe", "bench", "echo", "--folder", folder},
       .output_fd = 2,
       .signal_when_orphaned = SIGTERM});
  if (!process.ok()) return process.status();
  const absl::Time until = absl::Now() + kStartWithin;
  std::string address;
  while (!(std::ifstream(AddressFile(folder)) >> address)) {
    if ((*process)->WaitForEnd(kEchoLookEvery) || absl::Now() > until) {
      return MakeError(reason::kEchoNotStarted, "The echo server did not start.");
    }
  }
  return EchoServer(*std::move(process), address);
}

absl::Status ServeEcho(const BenchOptions& options, const Invocation& /*invocation*/) {
  rpc::BlockStopSignals();
  std::ifstream file(ResponseFile(options.parent_folder), std::ios::binary);
  EchoService service(
      rpc::ToByteBuffer({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}));
  const auto server = rpc::Server::Start(
      {.listen_address = "127.0.0.1:0", .address_file = AddressFile(options.parent_folder)},
      {&service});
  if (!server.ok()) return server.status();
  rpc::WaitForStopSignal();
  (*server)->Stop(nullptr);
  return absl::OkStatus();
}

}  // namespace canvass::cli::bench
