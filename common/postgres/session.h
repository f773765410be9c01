#ifndef CANVASS_COMMON_POSTGRES_SESSION_H_
#define CANVASS_COMMON_POSTGRES_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

// Types of libpq.
struct pg_conn;
struct pg_result;

namespace canvass::postgres {

struct SessionOptions {
  // Connection string for libpq: keywords or a URI. Its connect_timeout, keepalive settings and
  // tcp_user_timeout take precedence over ours.
  std::string connection{};
  // Where the connection string names several hosts, the one that is tried first, counted around.
  std::size_t first_host = 0;
  std::string application_name = "canvass";
  absl::Duration connect_timeout = absl::Seconds(5);  // for each address
  // Limits after which the server cancels a statement, or a wait for a lock.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // The session gives up on a server from which it has received nothing for this long, even if the
  // server's host responds. Must be longer than statement_timeout, so that a slow statement fails
  // as a statement and not as a broken connection.
  absl::Duration silence_timeout = absl::Seconds(40);
};

// Returns the next part of a COPY stream on each call. A part is valid until the next call, and an
// empty part ends the stream. The next part is made while PostgreSQL works on the last one.
using CopyStream = std::function<std::string_view()>;
// Returns a stream with one part. `bytes` must outlive it.
CopyStream WholeStream(std::string_view bytes);

// Values as text by row and column. NULL is nullopt.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

// One session with a PostgreSQL server through libpq, for work that needs COPY or session locks.
// libpqxx is used for everything else: its stream_from is broken in 6.4.5, and its stream_to takes
// three times the work.
//
// A commit on it is durable, also on a synchronous standby if the server has one. Both sides notice
// a vanished host, server or client within about 15 s. Once the connection is lost or has been
// given up, the session stays broken and every further call fails with UNAVAILABLE. Not
// thread-safe. Every call may block.
class Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs statements, separated by semicolons, in one round trip. Each `COPY ... FROM STDIN`
  // consumes the next of `copies` and takes one more round trip. Stops at the first error, which
  // leaves an open transaction in the failed state. Returns UNAVAILABLE COMMIT_IN_DOUBT if
  // PostgreSQL acknowledges a commit with a warning that it did not wait for the standby.
  absl::Status Run(const std::string& statements, absl::Span<const CopyStream> copies = {});

  // Runs one statement and returns its rows.
  absl::StatusOr<Rows> Query(const std::string& statement);
  // The same for a statement that returns one value, which is not NULL. Returns INTERNAL
  // DATABASE_ERROR for anything else.
  absl::StatusOr<std::string> QueryValue(const std::string& statement);
  // The same for a whole number.
  absl::StatusOr<std::int64_t> QueryNumber(const std::string& statement);

  // The server's major version, e.g. 15.
  int server_version() const;

  // Runs statements, one of which is a `COPY ... TO STDOUT (FORMAT binary)`, and passes each of its
  // rows to `visit`, ready for CopyRow. Stops at the first error of `visit`, returns it, and breaks
  // the session.
  absl::Status CopyOut(const std::string& statements,
                       const std::function<absl::Status(std::string_view row)>& visit);

  // Returns `text` as a quoted literal for a statement.
  std::string Quote(const std::string& text) const;

 private:
  struct CloseConnection {
    void operator()(pg_conn* connection) const;
  };
  struct ClearResult {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, ClearResult>;

  Session(pg_conn* connection, absl::Duration silence_timeout);
  static void NoteWarning(void* session, const pg_result* notice);

  // Runs statements and passes the result of each successful one to `visit`. Returns the first
  // error.
  absl::Status Converse(const std::string& statements,
                        const std::function<absl::Status(const pg_result& result)>& visit);
  // Returns the next result, or null after the last one.
  absl::StatusOr<Result> NextResult();
  absl::Status CheckResult(const pg_result& result) const;
  absl::Status PutCopy(const CopyStream& stream);
  absl::Status PutPart(std::string_view part);
  absl::Status GetCopy(const std::function<absl::Status(std::string_view row)>& visit);
  absl::Status Flush();
  absl::Status WaitForSocket(bool to_write);
  bool IsBroken() const;
  absl::Status Broken() const;
  // Closes the connection and returns `status`.
  absl::Status Break(absl::Status status);

  std::unique_ptr<pg_conn, CloseConnection> connection_;
  absl::Duration silence_timeout_;
  std::string warning_;
};

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_SESSION_H_
