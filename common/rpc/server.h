#ifndef CANVASS_COMMON_RPC_SERVER_H_
#define CANVASS_COMMON_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace canvass::rpc {

struct ServerOptions {
  std::string listen_address = "127.0.0.1:0";  // port 0: any free one
  // Written once the server listens: "host:port" and a newline, replaced atomically. Empty: none.
  // So that tests and `canvass up` learn the port.
  std::string address_file{};
  absl::Duration drain_timeout = absl::Seconds(10);  // for calls that run when the stop begins
};

// A gRPC server with reflection and grpc.health.v1 (both callable through reflection), message size
// limits and keepalive. Thread-safe.
class Server {
 public:
  // Binds and serves. FAILED_PRECONDITION ADDRESS_IN_USE or ADDRESS_UNAVAILABLE, or
  // INVALID_ARGUMENT ADDRESS_MALFORMED, name the address; ADDRESS_FILE_UNWRITABLE the file. Says so
  // in the log when others than this machine can reach it: callers are not authenticated. Services
  // are not owned.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  // Stops at once, if Stop was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "host:port" that it listens on.
  const std::string& address() const { return address_; }

  // Health of one service by its full name; "" is the whole process. Not serving at first.
  void SetServing(const std::string& service, bool serving);

  // Says NOT_SERVING for everything, calls `end_streams`, waits up to drain_timeout for running
  // calls, then cancels them. Idempotent. Not from a gRPC thread.
  void Stop(const std::function<void()>& end_streams);

 private:
  Server(std::string address, absl::Duration drain_timeout, std::unique_ptr<grpc::Server> server);

  const std::string address_;
  const absl::Duration drain_timeout_;
  const std::unique_ptr<grpc::Server> server_;
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// Blocks SIGTERM and SIGINT for every thread started afterwards. Call it first in main.
void BlockStopSignals();
// Waits for SIGTERM or SIGINT and returns its number. REQUIRES: BlockStopSignals was called before
// any thread started.
int WaitForStopSignal();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_SERVER_H_
