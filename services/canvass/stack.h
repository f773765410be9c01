#ifndef CANVASS_SERVICES_CANVASS_STACK_H_
#define CANVASS_SERVICES_CANVASS_STACK_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass {

namespace postgres {
class ChildProcess;
class PrivateCluster;
}  // namespace postgres

struct StackOptions {
  std::string data_folder{};  // made on first use
  std::string reporter_listen = "127.0.0.1:50061";
  std::string aggregator_listen = "127.0.0.1:50062";
  std::string publisher_listen = "127.0.0.1:50063";
  // A second aggregator, on any free port, that takes over when the first one is gone.
  bool standby = false;
  std::string log_level = "info";
  // Where the services' programs lie; empty: beside this one.
  std::string program_folder{};
  // Gets a line for people at each step.
  std::function<void(std::string_view)> say = [](std::string_view /*line*/) {};
  // Asked while Start waits; true ends it with CANCELLED.
  std::function<bool()> interrupted = [] { return false; };
};

// Every part of Canvass on this machine: a PostgreSQL cluster of its own, aggregator, reporter,
// publisher. None of its processes outlives this one, even if it is killed. Not thread-safe.
class Stack {
 public:
  // Returns once every service is healthy. FAILED_PRECONDITION DATA_FOLDER_IN_USE,
  // DATA_FOLDER_UNUSABLE, POSTGRES_VERSION, SCHEMA_VERSION; where a service ends at its start, its
  // own reason, such as ADDRESS_IN_USE, or SERVICE_NOT_STARTED. UNAVAILABLE SERVICE_NOT_STARTED
  // where it does not become healthy. Both quote the end of its log.
  static absl::StatusOr<std::unique_ptr<Stack>> Start(StackOptions options);
  // Stops what still runs: services first, PostgreSQL last.
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // Where the services listen, "host:port".
  const std::string& reporter_address() const { return reporter_.address; }
  // With a standby both, by comma.
  std::string aggregator_address() const;
  const std::string& publisher_address() const { return publisher_.address; }
  pid_t reporter_pid() const;
  pid_t aggregator_pid() const;
  pid_t standby_pid() const;  // 0 without a standby
  pid_t publisher_pid() const;
  const postgres::PrivateCluster& cluster() const { return *cluster_; }

  // Starts again whatever has ended by itself, and says so. Call it about every second.
  absl::Status Supervise();

 private:
  // One of our programs.
  struct Service {
    std::string program{};  // its file's name
    std::string name{};     // of its log
    std::string health{};   // gRPC service that must be SERVING; empty: the process itself
    std::string address{};  // to listen on; once started, the one that it got
    std::vector<std::string> flags{};
    std::unique_ptr<postgres::ChildProcess> process{};
  };

  explicit Stack(StackOptions options);
  absl::Status StartAll();
  absl::Status StartCluster();
  absl::Status StartService(Service& service);
  absl::Status WaitUntilHealthy(Service& service) const;
  absl::Status RestartIfEnded(Service& service);
  std::string FileOf(const Service& service, std::string_view extension) const;

  StackOptions options_;
  std::unique_ptr<postgres::PrivateCluster> cluster_;
  Service aggregator_;
  Service standby_;
  Service reporter_;
  Service publisher_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_STACK_H_
