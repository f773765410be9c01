#include "services/canvass/bench/baseline.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/postgres/installation.h"
#include "common/process/child_process.h"

namespace canvass::cli::bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(30);

constexpr char kMakeTable[] =
    "SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS bench; "
    "DROP TABLE IF EXISTS bench.entries; "
    "CREATE TABLE bench.entries (LIKE canvass.entries INCLUDING ALL)";

// Created only once, so it grows from run to run as the ledger does.
constexpr char kMakeInsertTable[] =
    "SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS bench; "
    "CREATE TABLE IF NOT EXISTS bench.inserted (LIKE canvass.entries INCLUDING ALL); "
    "CREATE SEQUENCE IF NOT EXISTS bench.number CACHE 100";

// Approximate size of a report's ledger entry.
constexpr std::size_t kEntryBytes = 110;

absl::Status Unexpected(const std::string& program, const std::string& output) {
  return MakeError(reason::kBaselineFailed,
                   StrCat(program, " printed unexpected output:\n", output));
}

// Returns the number after `label` in the last line that starts with it.
std::optional<double> NumberAfter(const std::string& text, const std::string& label) {
  std::optional<double> number;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    if (!line.starts_with(label)) continue;
    const std::vector<std::string> words =
        absl::StrSplit(line.substr(label.size()), ' ', absl::SkipWhitespace());
    double value = 0;
    if (!words.empty() && absl::SimpleAtod(words.front(), &value)) number = value;
  }
  return number;
}

// SQL that inserts one row like a single submission does. Stations report in any order, so the
// multiplication spreads station numbers over the index and produces each number only once.
std::string InsertScript(int candidates) {
  std::string votes;
  for (int candidate = 0; candidate < candidates; ++candidate) {
    absl::StrAppend(&votes, votes.empty() ? "" : ",", 37 + candidate);
  }
  return absl::StrCat(
      "INSERT INTO bench.inserted (sequence, recorded_at, election_no, contest_no, source_no, "
      "station_no, revision, registered_voters, ballots_issued, ballots_cast, blank_votes, "
      "invalid_votes, kind, held, actor, votes, entry, leaf_hash) SELECT n, now(), 1, 0, 0, "
      "(n * 48271 % 2147483647)::int, 1, 1250, 1000, 1000, 10, 10, 3::smallint, false, 'local', '{",
      votes, "}', '\\x", std::string(2 * kEntryBytes, 'a'), "', '\\x", std::string(64, 'b'),
      "' FROM (SELECT nextval('bench.number') AS n) AS numbered;\n");
}

}  // namespace

absl::StatusOr<Baseline> Baseline::Open(const std::string& connection) {
  const auto installation = postgres::FindInstallation("", std::nullopt);
  if (!installation.ok()) return installation.status();
  return Baseline(installation->program_folder, connection);
}

Baseline::Baseline(std::string program_folder, std::string connection)
    : program_folder_(std::move(program_folder)), connection_(std::move(connection)) {}

absl::Status Baseline::ExportReports(const std::string& file) const {
  return Psql(connection_, {StrCat("\\copy (SELECT * FROM canvass.entries WHERE kind = 3 ORDER BY "
                                   "election_no, sequence) TO '",
                                   file, "'")})
      .status();
}

absl::StatusOr<absl::Duration> Baseline::CopyReports(const std::string& file) const {
  const absl::Status made = Psql(connection_, {kMakeTable}).status();
  if (!made.ok()) return made;
  return TimedPsql({StrCat("\\copy bench.entries FROM '", file, "'")});
}

absl::StatusOr<absl::Duration> Baseline::ReadLedger() const {
  return TimedPsql(
      {"SET enable_sort = off",  // the aggregator also reads along the key
       "\\copy (SELECT sequence, entry, leaf_hash FROM canvass.entries ORDER BY election_no, "
       "sequence) TO '/dev/null' (FORMAT binary)"});
}

absl::StatusOr<double> Baseline::InsertRows(std::int64_t rows, int candidates, int clients,
                                            const std::string& script_file) const {
  const absl::Status made = Psql(connection_, {kMakeInsertTable}).status();
  if (!made.ok()) return made;
  std::ofstream script(script_file);
  script << InsertScript(candidates);
  script.close();
  const auto output = process::RunProgram(
      {StrCat(program_folder_, "/pgbench"), "-n", "-M", "simple", "-c", absl::StrCat(clients), "-j",
       "2", "-t", absl::StrCat((rows + clients - 1) / clients), "-f", script_file, connection_},
      std::nullopt, kPatience);
  if (!output.ok()) return output.status();
  const std::optional<double> rate = NumberAfter(*output, "tps = ");
  if (!rate) return Unexpected("pgbench", *output);
  return *rate;
}

absl::Status Baseline::Checkpoint(const std::string& superuser_connection) const {
  return Psql(superuser_connection, {"CHECKPOINT"}).status();
}

absl::StatusOr<absl::Duration> Baseline::TimedPsql(std::vector<std::string> commands) const {
  commands.insert(commands.begin(), "\\timing on");
  const auto output = Psql(connection_, commands);
  if (!output.ok()) return output.status();
  const std::optional<double> milliseconds = NumberAfter(*output, "Time: ");
  if (!milliseconds) return Unexpected("psql", *output);
  return absl::Milliseconds(*milliseconds);
}

absl::StatusOr<std::string> Baseline::Psql(const std::string& connection,
                                           const std::vector<std::string>& commands) const {
  std::vector<std::string> arguments{
      StrCat(program_folder_, "/psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection};
  for (const std::string& command : commands) {
    arguments.emplace_back("-c");
    arguments.push_back(command);
  }
  return process::RunProgram(std::move(arguments), std::nullopt, kPatience);
}

}  // namespace canvass::cli::bench
