#ifndef CANVASS_COMMON_RPC_SERVER_H_
#define CANVASS_COMMON_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/edge/listener.h"
#include "common/edge/tls_server.h"
#include "common/identity/credentials.h"
#include "common/rpc/call_metrics.h"
#include "common/rpc/listen_address.h"
#include "common/telemetry/metric_sheet.h"

namespace grpc {
class Server;
class Service;
namespace experimental {
class ExternalConnectionAcceptor;
}  // namespace experimental
}  // namespace grpc

namespace canvass::rpc {

struct ServerOptions {
  std::string listen_address = "127.0.0.1:0";  // port 0 selects any free port
  // File that receives "host:port" and a newline once the server listens, so that tests and
  // `canvass up` learn the port. It is replaced atomically. Empty for none.
  std::string address_file{};
  // A second port, with nothing but grpc.health.v1 and reflection, for those who cannot do what the
  // first one asks of its callers: Kubernetes' probes. Empty for none.
  std::string health_listen_address{};
  absl::Duration drain_timeout = absl::Seconds(10);  // for calls in flight when Stop begins
  // Then a client is asked to connect anew, so that it finds servers that were added since. Its
  // calls in flight may take as long again.
  absl::Duration connection_age_max = absl::InfiniteDuration();
  edge::ListenerLimits limits{};
  // Certificate, key and authorities for TLS. Without a certificate the server speaks without TLS.
  identity::TlsFiles tls{};
  // Whom the server talks to, with TLS.
  edge::Callers callers = edge::Callers::kNamed;
  // Listen without TLS where other machines can reach it.
  bool insecure = false;
};

// A gRPC server with reflection and grpc.health.v1 (both callable through reflection), message size
// limits and keepalive. Connections come through an edge::Listener, which also ends TLS.
// Thread-safe.
class Server {
 public:
  // Binds to the address and starts serving. Returns FAILED_PRECONDITION ADDRESS_IN_USE or
  // ADDRESS_UNAVAILABLE, INVALID_ARGUMENT ADDRESS_MALFORMED, or FAILED_PRECONDITION
  // ADDRESS_FILE_UNWRITABLE. The error names the address or the file. Returns FAILED_PRECONDITION
  // TLS_FILE_UNUSABLE, or TLS_REQUIRED if there is no TLS and other machines can reach the address;
  // with `insecure` it only logs a warning about that.
  //
  // The caller keeps ownership of `services`, and they must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  // Cancels all calls at once if Stop was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The "host:port" on which the server listens.
  const std::string& address() const { return address_; }

  // Sets the health of one service by its full name. "" is the health of the whole process.
  // Everything is NOT_SERVING at first.
  void SetServing(const std::string& service, bool serving);
  bool IsServing(const std::string& service) const;
  // The "host:port" of the port for health alone; empty without one.
  std::string health_address() const { return health_ == nullptr ? "" : health_->address(); }

  // Adds what is known about the calls and connections of this server.
  void AddTo(telemetry::MetricSheet& sheet) const;

  // Reports NOT_SERVING for all services, calls `end_streams`, tells clients to begin no more calls
  // here, waits up to drain_timeout for calls in flight, then cancels them. Idempotent. Must not be
  // called from a gRPC thread.
  void Stop(const std::function<void()>& end_streams);

 private:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // What TLS needs; empty without it.
  struct Tls {
    std::unique_ptr<identity::CredentialFiles> files{};
    std::unique_ptr<edge::TlsServer> server{};
  };

  static absl::StatusOr<Tls> OpenTls(const ServerOptions& options, const ListenAddress& address);
  static absl::StatusOr<std::unique_ptr<Server>> Serve(const ServerOptions& options,
                                                       const ListenAddress& address, Tls tls,
                                                       const std::vector<grpc::Service*>& services);
  static absl::StatusOr<std::unique_ptr<Server>> ServeHealth(const ServerOptions& options);

  Server(const ServerOptions& options, const ListenAddress& address,
         const std::vector<int>& listening, Tls tls, std::unique_ptr<CallMetrics> calls,
         std::unique_ptr<Acceptor> acceptor, std::unique_ptr<grpc::Server> server);

  const std::string address_;
  const absl::Duration drain_timeout_;
  const std::unique_ptr<CallMetrics> calls_;
  const std::unique_ptr<Acceptor> acceptor_;
  const std::unique_ptr<grpc::Server> server_;
  const Tls tls_;
  edge::Listener listener_;         // hands connections to acceptor_
  std::unique_ptr<Server> health_;  // the port for health alone; null without one
  mutable Mutex serving_mutex_;
  absl::flat_hash_set<std::string> serving_ ABSL_GUARDED_BY(serving_mutex_);
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// Blocks SIGTERM and SIGINT in every thread that is started afterwards. Must be the first call in
// main.
void BlockStopSignals();
// Waits for SIGTERM or SIGINT and returns its number. REQUIRES: BlockStopSignals was called before
// any thread started.
int WaitForStopSignal();

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_SERVER_H_
