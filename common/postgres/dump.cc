#include "common/postgres/dump.h"

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
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
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(connection.c_str(), &error), PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> said(error, PQfreemem);
  if (options == nullptr) {
    return MakeError(reason::kDatabaseError,
                     StrCat("The connection string cannot be read: ",
                            said == nullptr ? "there is no memory" : said.get()));
  }
  Login login{.environment = {"LC_ALL=C"}};
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password") {
      login.environment.push_back(StrCat("PGPASSWORD=", option->val));
    } else {
      login.connection += StrCat(keyword, "=", QuoteValue(option->val), " ");
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
