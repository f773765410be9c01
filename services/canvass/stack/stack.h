#ifndef CANVASS_SERVICES_CANVASS_STACK_STACK_H_
#define CANVASS_SERVICES_CANVASS_STACK_STACK_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/actor.h"
#include "common/identity/credentials.h"
#include "common/rpc/channel_tls.h"
#include "services/canvass/pki/pki_folder.h"
#include "services/canvass/stack/disk_watch.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace canvass::postgres {
class PrivateCluster;
}  // namespace canvass::postgres

namespace canvass::process {
class ChildProcess;
class Folder;
}  // namespace canvass::process

namespace canvass::cli {

struct StackOptions {
  std::string data_folder{};  // created on first use, for this user alone
  std::string reporter_listen = "127.0.0.1:50061";
  std::string aggregator_listen = "127.0.0.1:50062";
  std::string publisher_listen = "127.0.0.1:50063";
  // Make certificates in DATA/pki, and speak TLS. Without it, `insecure` lets services listen where
  // other machines can reach them.
  bool tls = false;
  bool insecure = false;
  // Start a second aggregator on a free port, which takes over when the first one fails.
  bool standby = false;
  // Go on after entries whose time is still to come (see the aggregator's flag).
  bool accept_future_entries = false;
  std::string log_level = "info";
  // Folder of the services' programs. Empty for the folder of this program.
  std::string program_folder{};
  // Receives a line for people at each step.
  std::function<void(std::string_view)> say = [](std::string_view /*line*/) {};
  // Polled while services start. If it returns true, the start fails with CANCELLED.
  std::function<bool()> interrupted = [] { return false; };
};

// Runs all of Canvass on this machine: its own PostgreSQL cluster, aggregator, reporter and
// publisher. None of these processes outlives this process, even if it is killed. Not thread-safe.
class Stack {
 public:
  // What the certificates of a stack with TLS are called beside those of the services.
  static constexpr char kOperator[] = "local";

  // Starts everything and returns once every service is healthy. Waits for services of an earlier
  // stack over the same data that was killed. Returns FAILED_PRECONDITION DATA_FOLDER_IN_USE,
  // DATA_FOLDER_UNUSABLE, POSTGRES_VERSION or SCHEMA_VERSION, or another error of
  // postgres::PrivateCluster::Start. If a service ends during its start or says that it cannot
  // serve, returns FAILED_PRECONDITION with the reason in its log, such as ADDRESS_IN_USE or
  // DATABASE_CORRUPT, or SERVICE_NOT_STARTED. If a service does not become healthy, returns
  // UNAVAILABLE SERVICE_NOT_STARTED. Both errors quote the end of the service's log.
  static absl::StatusOr<std::unique_ptr<Stack>> Start(StackOptions options);
  // Stops all processes: the services first and PostgreSQL last.
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // Addresses on which the services listen, "host:port".
  const std::string& reporter_address() const { return reporter_.address; }
  // With a standby, both addresses separated by a comma.
  std::string aggregator_address() const;
  const std::string& publisher_address() const { return publisher_.address; }
  pid_t reporter_pid() const;
  pid_t aggregator_pid() const;
  pid_t standby_pid() const;  // 0 without a standby
  pid_t publisher_pid() const;
  const postgres::PrivateCluster& cluster() const { return *cluster_; }
  // The files by which somebody on this machine calls the services as `actor`, who is given a
  // certificate if there is none; no names without TLS.
  absl::StatusOr<identity::TlsFiles> FilesOf(const election::Actor& actor);

  // How long a service may leave its port unanswered. Far longer than any pause of a working one.
  static constexpr absl::Duration kSilenceMax = absl::Seconds(30);

  // Restarts every process that has ended by itself, and every service that has not answered at its
  // port for `silence_max`, unless a debugger holds it. Reports it through StackOptions.say, and
  // waits until it is healthy. Nothing is restarted while the disk is full. Reports that too, and
  // when a service does not serve. Returns the errors of Start. Should be called about every
  // second.
  absl::Status Supervise(absl::Duration silence_max = kSilenceMax);

 private:
  // One of the services.
  struct Service {
    std::string program{};        // name of its executable
    std::string identity{};       // service name in its certificate
    std::string name{};           // name of its log
    std::string health{};         // gRPC service that must be SERVING; empty for the whole process
    std::string address{};        // requested address; once started, the actual one
    std::string admin_address{};  // of its metrics, once started
    std::vector<std::string> flags{};
    std::unique_ptr<process::ChildProcess> process{};
    std::shared_ptr<grpc::Channel> channel{};  // on which it is asked whether it answers
    absl::Duration answered_at{};              // by the steady clock
    absl::Duration served_at{};                // when it was SERVING last, by the steady clock
    bool told = false;                         // whether people know that it does not serve
    std::uint64_t log_begin = 0;               // size of its log before it was started
  };

  explicit Stack(StackOptions options);
  absl::Status StartAll();
  void WarnOfReach() const;
  absl::Status MakeFolders();
  void EndOrphans() const;
  absl::Status StartCluster();
  absl::Status MakeCertificates();
  std::vector<std::string> Hosts() const;
  // How this process calls the services.
  std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) const;
  bool IsServing(const std::string& address, const std::string& health_service) const;
  std::vector<std::string> TlsFlags(const Service& service) const;
  absl::Status StartService(Service& service);
  absl::Status WaitUntilHealthy(Service& service) const;
  // Whether the service has said at which address it listens, which it then has.
  bool Listens(Service& service) const;
  absl::Status NotStarted(const Service& service) const;
  void LookAtDisk();
  void TellIfNotServing(Service& service);
  absl::Status RestartClusterIfEnded();
  absl::Status RestartIfEnded(Service& service);
  absl::Status RestartIfSilent(Service& service, absl::Duration silence_max);
  std::string AddressFileFlag(const Service& service) const;
  std::string AdminAddressFileFlag(const Service& service) const;
  static std::string LogOf(const Service& service);
  // The end of what the service has logged since it was started.
  std::string Logged(const Service& service) const;

  StackOptions options_;
  DiskWatch disk_;
  std::unique_ptr<process::Folder> run_folder_;
  std::unique_ptr<process::Folder> log_folder_;
  std::unique_ptr<postgres::PrivateCluster> cluster_;
  std::unique_ptr<PkiFolder> pki_;        // null without TLS
  std::shared_ptr<rpc::ChannelTls> tls_;  // likewise
  bool told_of_cluster_ = false;          // whether people know that it has ended
  Service aggregator_;
  Service standby_;
  Service reporter_;
  Service publisher_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_STACK_STACK_H_
