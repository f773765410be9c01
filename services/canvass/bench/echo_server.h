#ifndef CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_
#define CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::process {
class ChildProcess;
}  // namespace canvass::process

namespace canvass::cli::bench {

// Smallest possible gRPC server for GetNationalResult: a callback method that returns the same
// bytes for every request and reads nothing. It has the publisher's server settings and runs in its
// own process.
class EchoServer {
 public:
  // Starts a server that responds with `response`. It keeps its files in `folder`.
  static absl::StatusOr<EchoServer> Start(const std::string& folder, const std::string& response);
  ~EchoServer();
  EchoServer(EchoServer&&) noexcept;
  EchoServer& operator=(EchoServer&&) = delete;

  const std::string& address() const { return address_; }
  int pid() const;

 private:
  EchoServer(std::unique_ptr<process::ChildProcess> process, std::string address);

  std::unique_ptr<process::ChildProcess> process_;
  std::string address_;
};

// Runs in the server's process (`canvass bench echo --folder FOLDER`) until a stop signal.
absl::Status ServeEcho(const BenchOptions& options, const Invocation& invocation);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_
