#include "common/postgres/session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/connection_string.h"
#include "common/postgres/copy.h"
#include "common/postgres/error.h"

namespace canvass::postgres {
namespace {

// Size of the messages that COPY data is sent in. It is large enough for little overhead, and small
// enough to keep libpq's buffer small.
constexpr std::size_t kCopyMessageBytes = std::size_t{256} << 10U;

std::string Milliseconds(absl::Duration duration) {
  return StrCat(absl::ToInt64Milliseconds(duration));
}

// SET statements for a new session. Both sides probe a silent peer after 5 s and then every 3 s,
// and give up after the third probe. On a Unix socket the keepalive settings do not apply and are
// not needed.
std::string SettingsFor(const SessionOptions& options) {
  return StrCat(
      "SET statement_timeout = ", Milliseconds(options.statement_timeout),
      "; SET lock_timeout = ", Milliseconds(options.lock_timeout),
      // A transaction whose client is gone must not block the next writer.
      "; SET idle_in_transaction_session_timeout = ", Milliseconds(options.silence_timeout),
      "; SET client_connection_check_interval = 1000"
      "; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3"
      "; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 15000"
      // A commit that did not wait for the standby is known by its warning alone.
      "; SET client_min_messages = warning"
      // With `off` and `local` a commit returns before it is durable everywhere. `remote_apply` is
      // stronger than `on`.
      "; SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')");
}

// The elements of `list`, which commas separate, from the element `first` around to the one before.
std::string Rotated(std::string_view list, std::size_t first) {
  std::vector<std::string> elements = absl::StrSplit(ToAbsl(list), ',');
  const auto begin = elements.begin() + static_cast<std::ptrdiff_t>(first % elements.size());
  std::rotate(elements.begin(), begin, elements.end());
  return absl::StrJoin(elements, ",");
}

// What a connection string says of its hosts. Empty is what it does not say.
struct Hosts {
  std::string names{};
  std::string addresses{};
  std::string ports{};
};

Hosts HostsOf(const SessionOptions& options) {
  Hosts hosts;
  const absl::StatusOr<ConnectionKeywords> keywords = ReadConnectionString(options.connection);
  if (!keywords.ok()) return hosts;  // libpq says so when it connects
  for (const auto& [keyword, value] : *keywords) {
    if (keyword == "host") hosts.names = Rotated(value, options.first_host);
    if (keyword == "hostaddr") hosts.addresses = Rotated(value, options.first_host);
    if (keyword == "port") hosts.ports = Rotated(value, options.first_host);
  }
  return hosts;
}

}  // namespace

CopyStream WholeStream(std::string_view bytes) {
  return [bytes]() mutable { return std::exchange(bytes, {}); };
}

void Session::CloseConnection::operator()(pg_conn* connection) const { PQfinish(connection); }
void Session::ClearResult::operator()(pg_result* result) const { PQclear(result); }

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const SessionOptions& options) {
  const std::string connect_timeout =
      StrCat(std::max<std::int64_t>(absl::ToInt64Seconds(options.connect_timeout), 1));
  const Hosts hosts = HostsOf(options);
  // The last value of a keyword wins unless it is empty, and the keywords inside `dbname` count at
  // its position.
  const std::array<std::pair<const char*, const char*>, 14> keywords = {{
      {"application_name", options.application_name.c_str()},
      {"connect_timeout", connect_timeout.c_str()},
      {"keepalives", "1"},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "3"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
      {"target_session_attrs", "read-write"},
      {"dbname", options.connection.c_str()},
      {"host", hosts.names.c_str()},
      {"hostaddr", hosts.addresses.c_str()},
      {"port", hosts.ports.c_str()},
      {"client_encoding", "UTF8"},
      {nullptr, nullptr},
  }};
  std::array<const char*, keywords.size()> names{};
  std::array<const char*, keywords.size()> values{};
  for (std::size_t i = 0; i < keywords.size(); ++i) {
    names[i] = keywords[i].first;
    values[i] = keywords[i].second;
  }
  pg_conn* const connection = PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/1);
  std::unique_ptr<Session> session(new Session(connection, options.silence_timeout));
  if (PQstatus(connection) != CONNECTION_OK) return session->Broken();
  if (PQsetnonblocking(connection, 1) != 0) return session->Broken();
  PQsetNoticeReceiver(connection, &Session::NoteWarning, session.get());
  if (absl::Status status = session->Run(SettingsFor(options)); !status.ok()) return status;
  return session;
}

Session::Session(pg_conn* connection, absl::Duration silence_timeout)
    : connection_(connection), silence_timeout_(silence_timeout) {}

Session::~Session() = default;

// PostgreSQL uses one SQLSTATE for most of its warnings, and their text depends on the server's
// language. This warning is therefore recognized by the function that raises it.
void Session::NoteWarning(void* session, const pg_result* notice) {
  const char* const function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
  if (function == nullptr || std::strcmp(function, "SyncRepWaitForLSN") != 0) return;
  const char* const text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  static_cast<Session*>(session)->warning_ = text == nullptr ? "a warning" : text;
}

absl::Status Session::Run(const std::string& statements, absl::Span<const CopyStream> copies) {
  warning_.clear();
  std::size_t copies_used = 0;
  absl::Status status = Converse(statements, [&](const pg_result& result) {
    if (PQresultStatus(&result) != PGRES_COPY_IN) return absl::OkStatus();
    if (copies_used < copies.size()) return PutCopy(copies[copies_used++]);
    return Break(
        absl::InternalError("The statements have more COPY commands than there are streams"));
  });
  if (!status.ok() || warning_.empty()) return status;
  return MakeError(reason::kCommitInDoubt,
                   StrCat("PostgreSQL committed with a warning: ", warning_));
}

absl::StatusOr<Rows> Session::Query(const std::string& statement) {
  Rows rows;
  const absl::Status status = Converse(statement, [&rows](const pg_result& table) {
    for (int row = 0; row < PQntuples(&table); ++row) {
      auto& cells = rows.emplace_back();
      for (int column = 0; column < PQnfields(&table); ++column) {
        cells.push_back(PQgetisnull(&table, row, column) != 0
                            ? std::nullopt
                            : std::optional<std::string>(PQgetvalue(&table, row, column)));
      }
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return rows;
}

absl::StatusOr<std::string> Session::QueryValue(const std::string& statement) {
  const absl::StatusOr<Rows> rows = Query(statement);
  if (!rows.ok()) return rows.status();
  if (rows->size() == 1 && rows->front().size() == 1 && rows->front().front()) {
    return *rows->front().front();
  }
  return MakeError(reason::kDatabaseError, "PostgreSQL returned no value for a query");
}

absl::StatusOr<std::int64_t> Session::QueryNumber(const std::string& statement) {
  const absl::StatusOr<std::string> text = QueryValue(statement);
  if (!text.ok()) return text.status();
  std::int64_t number = 0;
  if (absl::SimpleAtoi(*text, &number)) return number;
  return MakeError(reason::kDatabaseError,
                   StrCat("PostgreSQL returned \"", *text, "\" for a number: ", statement));
}

int Session::server_version() const { return PQserverVersion(connection_.get()) / 10'000; }

absl::Status Session::CopyOut(const std::string& statements,
                              const std::function<absl::Status(std::string_view row)>& visit) {
  return Converse(statements, [&](const pg_result& result) {
    return PQresultStatus(&result) == PGRES_COPY_OUT ? GetCopy(visit) : absl::OkStatus();
  });
}

std::string Session::Quote(const std::string& text) const {
  char* const literal = PQescapeLiteral(connection_.get(), text.data(), text.size());
  if (literal == nullptr) return "NULL";
  std::string quoted(literal);
  PQfreemem(literal);
  return quoted;
}

absl::Status Session::Converse(const std::string& statements,
                               const std::function<absl::Status(const pg_result& result)>& visit) {
  if (IsBroken() || PQsendQuery(connection_.get(), statements.c_str()) == 0) return Broken();
  absl::Status first_error;
  for (;;) {
    const absl::StatusOr<Result> result = NextResult();
    if (!result.ok()) return first_error.ok() ? result.status() : first_error;
    if (*result == nullptr) return first_error;
    absl::Status status = CheckResult(**result);
    if (status.ok()) status = visit(**result);
    if (first_error.ok()) first_error = std::move(status);
    if (IsBroken()) return first_error.ok() ? Broken() : first_error;
  }
}

absl::StatusOr<Session::Result> Session::NextResult() {
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return Broken();
    if (PQisBusy(connection_.get()) == 0) return Result(PQgetResult(connection_.get()));
    if (absl::Status status = WaitForSocket(unsent > 0); !status.ok()) return status;
    if (PQconsumeInput(connection_.get()) == 0) return Broken();
  }
}

absl::Status Session::CheckResult(const pg_result& result) const {
  switch (PQresultStatus(&result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
      return absl::OkStatus();
    default:
      break;
  }
  const char* const state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  const char* const message = PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr) return Broken();
  return StatusOfSqlState(state, message == nullptr ? PQresultErrorMessage(&result) : message);
}

absl::Status Session::PutCopy(const CopyStream& stream) {
  for (std::string_view part = stream(); !part.empty(); part = stream()) {
    if (absl::Status status = PutPart(part); !status.ok()) return status;
  }
  return PQputCopyEnd(connection_.get(), nullptr) == 1 ? absl::OkStatus() : Broken();
}

absl::Status Session::PutPart(std::string_view part) {
  while (!part.empty()) {
    const std::string_view message = part.substr(0, kCopyMessageBytes);
    if (PQputCopyData(connection_.get(), message.data(), static_cast<int>(message.size())) != 1) {
      return Broken();
    }
    part.remove_prefix(message.size());
    // Without this, libpq would buffer the whole part.
    if (absl::Status status = Flush(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Session::GetCopy(const std::function<absl::Status(std::string_view row)>& visit) {
  constexpr std::string_view kEnd("\xff\xff");
  bool first = true;
  for (;;) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(connection_.get(), &bytes, /*async=*/1);
    if (length == -1) return absl::OkStatus();
    if (length < 0) return Broken();
    if (length == 0) {
      if (absl::Status status = WaitForSocket(/*to_write=*/false); !status.ok()) return status;
      if (PQconsumeInput(connection_.get()) == 0) return Broken();
      continue;
    }
    const absl::Cleanup free_bytes = [bytes] { PQfreemem(bytes); };
    std::string_view row(bytes, static_cast<std::size_t>(length));
    if (std::exchange(first, false) && row.starts_with(kCopyHeader)) {
      row.remove_prefix(kCopyHeader.size());
    }
    if (row.empty() || row == kEnd) continue;
    if (absl::Status status = visit(row); !status.ok()) return Break(std::move(status));
  }
}

absl::Status Session::Flush() {
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return Broken();
    if (unsent == 0) return absl::OkStatus();
    if (absl::Status status = WaitForSocket(/*to_write=*/true); !status.ok()) return status;
    if (PQconsumeInput(connection_.get()) == 0) return Broken();
  }
}

absl::Status Session::WaitForSocket(bool to_write) {
  pollfd socket{.fd = PQsocket(connection_.get()),
                .events = static_cast<short>(POLLIN | (to_write ? POLLOUT : 0)),  // NOLINT
                .revents = 0};
  const absl::Duration deadline = SteadyNow() + silence_timeout_;
  for (;;) {
    const auto left = absl::ToInt64Milliseconds(deadline - SteadyNow());
    const int ready = poll(&socket, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return absl::OkStatus();
    if (ready == 0) {
      return Break(MakeError(
          reason::kDatabaseTimeout,
          StrCat("PostgreSQL sent nothing for ", absl::FormatDuration(silence_timeout_))));
    }
    if (errno != EINTR) return Break(StatusOfBrokenConnection(std::strerror(errno)));
  }
}

bool Session::IsBroken() const {
  return connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK;
}

absl::Status Session::Broken() const {
  if (connection_ == nullptr)
    return StatusOfBrokenConnection("the session was closed after an error");
  const std::string_view message = PQerrorMessage(connection_.get());
  return StatusOfBrokenConnection(message.empty() ? "the connection is broken" : message);
}

absl::Status Session::Break(absl::Status status) {
  connection_.reset();
  return status;
}

}  // namespace canvass::postgres
