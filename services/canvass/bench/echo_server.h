#ifndef CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_
#define CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/command.h"

namespace canvass {

namespace postgres {
class ChildProcess;
}  // namespace postgres

namespace bench {

// The least that a gRPC server can do for GetNationalResult: a callback method that gives the same
// bytes whatever it is asked, and looks at nothing. Same server settings as the publisher's, in a
// process of its own.
class EchoServer {
 public:
  // `response`: what it answers with. `folder`: for its files.
  static absl::StatusOr<EchoServer> Start(const std::string& folder, const std::string& response);
  ~EchoServer();
  EchoServer(EchoServer&&) noexcept;
  EchoServer& operator=(EchoServer&&) = delete;

  const std::string& address() const { return address_; }
  int pid() const;

 private:
  EchoServer(std::unique_ptr<postgres::ChildProcess> process, std::string address);

  std::unique_ptr<postgres::ChildProcess> process_;
  std::string address_;
};

// What that process runs: `canvass bench echo --folder FOLDER`. Until a stop signal.
absl::Status ServeEcho(const BenchOptions& options, const Session& session);

}  // namespace bench
}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_BENCH_ECHO_SERVER_H_
