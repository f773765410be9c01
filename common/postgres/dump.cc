#include "common/postgres/dump.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/connection_string.h"
#include "common/process/child_process.h"

namespace canvass::postgres {
namespace {

// A billion reports take less. A server that is gone is noticed by the connection's keepalives.
constexpr absl::Duration kDumpPatience = absl::Hours(24);

// A connection string as a program gets it.
struct Login {
  std::string connection{};                // keywords, without the password
  std::vector<std::string> environment{};  // the password, if there is one
};

std::string QuoteValue(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// Everybody on a machine may read the command lines of all processes.
absl::StatusOr<Login> LoginOf(const std::string& connection) {
  const absl::StatusOr<ConnectionKeywords> keywords = ReadConnectionString(connection);
  if (!keywords.ok()) return keywords.status();
  Login login{.environment = {"LC_ALL=C"}};
  for (const auto& [keyword, value] : *keywords) {
    if (keyword == "password") {
      login.environment.push_back(StrCat("PGPASSWORD=", value));
    } else {
      login.connection += StrCat(keyword, "=", QuoteValue(value), " ");
    }
  }
  return login;
}

absl::Status RunDumpProgram(const std::string& program, const DumpedDatabase& database,
                            std::vector<std::string> arguments) {
  absl::StatusOr<Login> login = LoginOf(database.connection);
  if (!login.ok()) return login.status();
  arguments.insert(arguments.begin(), StrCat(database.program_folder, "/", program));
  arguments.push_back(StrCat("--dbname=", login->connection));
  const absl::Status status = process::RunProgram({.arguments = std::move(arguments),
                                                   .environment = std::move(login->environment)},
                                                  kDumpPatience)
                                  .status();
  if (status.ok() || !HasReason(status, reason::kProcessFailed)) return status;
  const bool is_full =
      std::string(status.message()).find("No space left on device") != std::string::npos;
  return is_full ? MakeError(reason::kDiskFull, StrCat(status.message())) : status;
}

}  // namespace

absl::Status DumpSchema(const DumpedDatabase& from, const std::string& snapshot,
                        const std::string& file) {
  return RunDumpProgram(
      "pg_dump", from,
      {"--format=custom", "--schema=canvass", "--no-owner", "--no-password",
       "--lock-wait-timeout=60000", StrCat("--snapshot=", snapshot), StrCat("--file=", file)});
}

absl::Status RestoreSchema(const DumpedDatabase& into, const std::string& file) {
  return RunDumpProgram(
      "pg_restore", into,
      {"--single-transaction", "--exit-on-error", "--no-owner", "--no-password", file});
}

}  // namespace canvass::postgres
