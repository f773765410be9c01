#ifndef CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_
#define CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace canvass::process {
class ChildProcess;
class Folder;
struct OsUser;
}  // namespace canvass::process

namespace canvass::postgres {

class FolderLock;

// Roles that CreateDatabase creates. They log in through the cluster's socket without a password.
inline constexpr std::string_view kOwnerRole = "canvass_owner";  // owns the schema, runs migrations
inline constexpr std::string_view kWriterRole = "canvass_writer";  // the aggregator
// Readers of the views, both people and programs.
inline constexpr std::string_view kReaderRole = "canvass_reader";

struct ClusterOptions {
  // Folder of this cluster, which nothing else may use. It is created on first use, with its
  // parents. Canvass also creates FOLDER.lock and FOLDER.socket beside it and, while it creates the
  // cluster, FOLDER.new. So the folder above must be this user's, and nobody else may write to it.
  //
  // FOLDER.socket is the folder of the server's Unix socket, or a link to a folder in /tmp if its
  // path would be too long for a socket. It stays, so connection strings are valid after a restart.
  std::string folder{};
  // Folder of `initdb` and `postgres`. If empty, pg_config and the usual places are searched.
  std::string program_folder{};
  // Limit until the server accepts connections. It is long because the server may have to recover
  // from a crash first.
  absl::Duration start_timeout = absl::Minutes(2);
  // Limit for a fast shutdown, after which the server is told to stop at once.
  absl::Duration stop_timeout = absl::Seconds(30);
};

// Private PostgreSQL server on this machine. It accepts connections only through a Unix socket and
// only from the user who runs this program. Every commit is on disk before it is acknowledged.
// PostgreSQL refuses to run as root, so if root starts it, it runs as the user `postgres`, or as
// `nobody` if there is no such user.
//
// The server does not outlive this object. If this process is killed, the kernel signals the server
// to shut down. Thread-safe.
class PrivateCluster {
 public:
  // Creates the cluster if the folder has none, starts the server, and returns once it accepts
  // connections. Errors:
  // - FAILED_PRECONDITION POSTGRES_NOT_FOUND.
  // - FAILED_PRECONDITION POSTGRES_VERSION: no installed version is recent enough, or none is the
  //   major version that created the cluster. The error names the wanted and the installed
  //   versions.
  // - FAILED_PRECONDITION DATA_FOLDER_IN_USE. The error names the process.
  // - FAILED_PRECONDITION DATA_FOLDER_UNUSABLE: the folder is not ours, is not empty, other users
  //   may write beside it, or the server's user cannot reach it.
  // - FAILED_PRECONDITION SERVER_USER_UNKNOWN, SOCKET_FOLDER_UNUSABLE.
  // - RESOURCE_EXHAUSTED DISK_FULL. The error names the folder and the space.
  // - UNAVAILABLE POSTGRES_NOT_STARTED, with what the server logged. Damaged files are an example.
  static absl::StatusOr<std::unique_ptr<PrivateCluster>> Start(ClusterOptions options);

  // Calls Stop.
  ~PrivateCluster();
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  // Creates the database and the three roles, as far as they are missing.
  absl::Status CreateDatabase(std::string_view database = "canvass") const;

  // Connection strings for libpq.
  std::string owner_connection(std::string_view database = "canvass") const;
  std::string writer_connection(std::string_view database = "canvass") const;
  std::string reader_connection(std::string_view database = "canvass") const;
  // The same as owner_connection for the cluster in `folder`, which another process has started.
  static std::string OwnerConnectionOf(const std::string& folder);
  // Connects as the server's superuser to the database `postgres`.
  std::string superuser_connection() const;

  // Returns OK while the server runs. Once it has ended by itself, returns UNAVAILABLE
  // POSTGRES_ENDED with the end of its log.
  absl::Status Check() const;
  // Process id of the server.
  pid_t pid() const;
  // File that the server writes its log to.
  const std::string& log_file() const { return log_file_; }

  // Shuts the server down: ends its sessions and writes a checkpoint. If that takes longer than
  // stop_timeout, shuts it down at once, which loses nothing but makes the next start recover.
  // Idempotent.
  void Stop();

 private:
  PrivateCluster();
  absl::Status Launch();
  absl::Status StartServer(const std::string& program_folder, const process::OsUser& user);
  absl::Status WaitUntilReady();
  // What the server has logged since it was started, or the end of it.
  std::string Logged() const;
  absl::Status NotStarted(std::string_view what) const;
  std::string Connection(std::string_view user, std::string_view database) const;

  ClusterOptions options_;
  std::string socket_folder_;
  std::string log_file_;
  std::unique_ptr<process::Folder> folder_;
  std::uint64_t log_begin_ = 0;  // size of the log before the server was started
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<process::ChildProcess> server_;
};

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_PRIVATE_CLUSTER_H_
