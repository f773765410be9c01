#ifndef CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_
#define CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace canvass::postgres {

class ChildProcess;
class FolderLock;

// Roles that CreateDatabase makes; they log in through the cluster's socket without a password.
inline constexpr std::string_view kOwnerRole = "canvass_owner";  // owns the schema, runs migrations
inline constexpr std::string_view kWriterRole = "canvass_writer";  // the aggregator
inline constexpr std::string_view kReaderRole =
    "canvass_reader";  // people and programs that read the views

struct ClusterOptions {
  // Of this cluster alone; made on first use. Its parent is made too. Beside it lie FOLDER.lock
  // and, while the cluster is being made, FOLDER.new.
  std::string folder{};
  // Where `initdb` and `postgres` lie. Empty: what pg_config says, and the usual places.
  std::string program_folder{};
  // Until the server takes connections. Long, since it may have to recover from a crash first.
  absl::Duration start_timeout = absl::Minutes(2);
  // What a fast shutdown may take before the server is told to stop at once.
  absl::Duration stop_timeout = absl::Seconds(30);
};

// A PostgreSQL server of our own for one machine. It is reached only through a Unix socket, only by
// the user who runs this program; every commit is on disk before it is answered. PostgreSQL refuses
// to run as root: started by root, it runs as the user `postgres`, or `nobody` where there is no
// such user.
//
// The server does not outlive this object, even if this process is killed: the kernel tells it to
// shut down. Thread-safe.
class PrivateCluster {
 public:
  // Makes the cluster if the folder has none, starts it, and returns once it takes connections.
  // FAILED_PRECONDITION: POSTGRES_NOT_FOUND, POSTGRES_VERSION (made by another major version; names
  // both), DATA_FOLDER_IN_USE (names the process), DATA_FOLDER_UNUSABLE (not ours, not empty, not
  // reachable for the server's user). UNAVAILABLE POSTGRES_NOT_STARTED quotes the end of the
  // server's log.
  static absl::StatusOr<std::unique_ptr<PrivateCluster>> Start(ClusterOptions options);

  // Stops the server.
  ~PrivateCluster();
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  // Makes the database and the three roles, as far as they are missing.
  absl::Status CreateDatabase(std::string_view database = "canvass") const;

  // Connection strings for libpq.
  std::string owner_connection(std::string_view database = "canvass") const;
  std::string writer_connection(std::string_view database = "canvass") const;
  std::string reader_connection(std::string_view database = "canvass") const;
  // The server's superuser, in the database `postgres`.
  std::string superuser_connection() const;

  // OK while the server runs. After it has ended by itself: UNAVAILABLE POSTGRES_ENDED, with the
  // end of its log.
  absl::Status Check() const;
  // Of the server; kill it and see.
  pid_t pid() const;
  // Where the server writes its log.
  const std::string& log_file() const { return log_file_; }

  // Fast shutdown: ends sessions, writes a checkpoint; after stop_timeout immediate shutdown, which
  // costs a recovery at the next start and loses nothing. Idempotent.
  void Stop();

 private:
  PrivateCluster();
  absl::Status Launch();
  absl::Status WaitUntilReady();
  std::string Connection(std::string_view user, std::string_view database) const;

  ClusterOptions options_;
  std::string socket_folder_;
  std::string log_file_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_
