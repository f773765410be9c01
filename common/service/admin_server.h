#ifndef CANVASS_COMMON_SERVICE_ADMIN_SERVER_H_
#define CANVASS_COMMON_SERVICE_ADMIN_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/telemetry/metric_sheet.h"

namespace canvass::service {

// What a service says about itself. Both are called on the server's thread.
struct AdminPages {
  // Adds the service's metrics to the sheet.
  std::function<void(telemetry::MetricSheet&)> add_metrics{};
  // OK if the service should get calls; else why not.
  std::function<absl::Status()> ready{};
};

struct AdminServerOptions {
  std::string listen_address = "127.0.0.1:0";
  std::string address_file{};  // receives "host:port"; empty for none
  std::string version{};       // of the program, for canvass_build_info
  // Connections at a time. One more takes the place of the one that was silent for longest.
  std::size_t connections_max = 64;
  // How long a request may take to arrive once it has begun, and its answer to be read.
  absl::Duration request_within = absl::Seconds(5);
  // How long a connection may wait for its next request: longer than between two scrapes.
  absl::Duration idle_max = absl::Minutes(2);
};

// Serves, over plain HTTP/1.1 by GET and HEAD:
//   /metrics  the metrics in Prometheus' text format;
//   /healthz  200 while the process works;
//   /readyz   200 if the service should get calls, or 503 and a line that says why not.
// Has one thread for all connections.
class AdminServer {
 public:
  // Requests have no body, and headers of at most so many bytes.
  static constexpr std::size_t kHeaderBytesMax = 8'192;
  // The metrics are gathered at most so often, however many ask.
  static constexpr absl::Duration kGatherEvery = absl::Milliseconds(200);

  // Returns the errors of rpc::ParseListenAddress, rpc::Listen and rpc::WriteAddressFile. What the
  // pages call must outlive the server.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const AdminServerOptions& options,
                                                            AdminPages pages);
  // Closes all connections.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  const std::string& address() const { return address_; }

 private:
  class Impl;

  AdminServer(std::string address, std::unique_ptr<Impl> impl);

  const std::string address_;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace canvass::service

#endif  // CANVASS_COMMON_SERVICE_ADMIN_SERVER_H_
