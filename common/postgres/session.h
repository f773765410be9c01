#ifndef CANVASS_COMMON_POSTGRES_SESSION_H_
#define CANVASS_COMMON_POSTGRES_SESSION_H_

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

// libpq's.
struct pg_conn;
struct pg_result;

namespace canvass::postgres {

struct SessionOptions {
  // libpq's keywords or URI. Whatever it says of timeouts and keepalives wins over ours.
  std::string connection{};
  std::string application_name = "canvass";
  absl::Duration connect_timeout = absl::Seconds(5);  // for each address
  // The server gives up on a statement, or on a lock, after this.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // We give up on a server of which nothing was heard for this long, even if its host answers.
  // Longer than statement_timeout, so that a slow statement ends as one and not as a broken
  // connection.
  absl::Duration silence_timeout = absl::Seconds(40);
};

// A COPY's stream, part by part: each is valid until the next is asked for, and an empty one ends
// it. The next is made while PostgreSQL works on the one before.
using CopyStream = std::function<std::string_view()>;
// In one part. Does not own the bytes.
CopyStream WholeStream(std::string_view bytes);

// Row and column as text; NULL is absent.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

// One session on a PostgreSQL server, by libpq: for work that needs COPY or locks of the session,
// which libpqxx does not give (its stream_from is broken in 6.4.5, its stream_to costs three times
// the work). Everything else goes through libpqxx.
//
// A commit on it is durable, also on a synchronous standby if the server has one. A vanished host,
// server or client is noticed by both sides within about 15 s. After an error that is not of a
// statement alone (UNAVAILABLE) the session is broken and stays so. Not thread-safe; every call may
// block.
class Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs statements, separated by semicolons, in one round trip. Each `COPY ... FROM STDIN` takes
  // the next of `copies` and costs one round trip more. Stops at the first error,
  // which leaves an open transaction failed. UNAVAILABLE COMMIT_IN_DOUBT where PostgreSQL answers a
  // commit with success and the warning that it did not wait for the standby.
  absl::Status Run(const std::string& statements, absl::Span<const CopyStream> copies = {});

  // Runs one statement and returns its rows.
  absl::StatusOr<Rows> Query(const std::string& statement);

  // Runs statements of which one is a `COPY ... TO STDOUT (FORMAT binary)` and hands out its rows
  // for CopyRow. The first error of `visit` ends it, and breaks the session.
  absl::Status CopyOut(const std::string& statements,
                       const std::function<absl::Status(std::string_view row)>& visit);

  // `text` as a literal for a statement.
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

  // Runs statements and hands out the result of each that succeeded; the first error counts.
  absl::Status Converse(const std::string& statements,
                        const std::function<absl::Status(const pg_result& result)>& visit);
  // The next result; null after the last.
  absl::StatusOr<Result> NextResult();
  absl::Status CheckResult(const pg_result& result) const;
  absl::Status PutCopy(const CopyStream& stream);
  absl::Status PutPart(std::string_view part);
  absl::Status GetCopy(const std::function<absl::Status(std::string_view row)>& visit);
  absl::Status Flush();
  absl::Status WaitForSocket(bool to_write);
  bool IsBroken() const;
  absl::Status Broken() const;
  // Gives up on the connection.
  absl::Status Break(absl::Status status);

  std::unique_ptr<pg_conn, CloseConnection> connection_;
  absl::Duration silence_timeout_;
  std::string warning_;
};

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_SESSION_H_
