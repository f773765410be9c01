#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ostream>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/ledger/merkle.h"
#include "common/postgres/dump.h"
#include "common/postgres/installation.h"
#include "common/postgres/migration.h"
#include "common/process/known_ledgers.h"
#include "fmt/format.h"
#include "services/aggregator/store/database_restore.h"
#include "services/aggregator/store/schema.h"
#include "services/canvass/backup/backup_folder.h"
#include "services/canvass/backup/catch_up.h"
#include "services/canvass/backup/lost_reports.h"
#include "services/canvass/backup/missing_entries.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/owner_database.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/input_file.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

using aggregator::DatabaseRestore;
using aggregator::LostSeal;

struct RestoreArguments {
  std::string folder{};  // empty: the database has a ledger already
  DatabaseChoice database{};
  std::vector<std::string> catch_up{};  // addresses of publishers
  bool new_ledger_id = false;
  bool nothing_lost = false;
  std::vector<std::string> known{};                             // files
  std::vector<std::pair<std::string, std::string>> stations{};  // elections and files
};

using Elections = std::vector<BackupManifest::Election>;

// What there is to say about a restore that succeeded.
struct RestoreReport {
  std::string ledger_id{};
  Elections before{};     // as they were in the backup, or in the database
  Elections elections{};  // as they are now
  std::vector<LostSeal> lost_seals{};
  std::vector<MissingEntries> missing{};
  std::vector<std::pair<std::string, LostReport>> lost_reports{};  // by election
  std::string new_ledger_id{};                                     // empty: it has its own
};

std::int64_t SequenceOf(const Elections& elections, const std::string& election_id) {
  for (const BackupManifest::Election& election : elections) {
    if (election.election_id == election_id) return election.sequence;
  }
  return 0;
}

Elections EndsOf(const DatabaseRestore::Ledgers& ledgers) {
  Elections ends;
  for (const auto& [election_id, ledger] : ledgers) {
    ends.push_back({.election_id = election_id,
                    .sequence = ledger->sequence(),
                    .root = ledger::ToHex(ledger->log().Root())});
  }
  return ends;
}

// Compares what was restored with what the backup says that it holds.
absl::Status CheckManifest(DatabaseRestore& restore, const BackupManifest& manifest) {
  if (restore.ledger_id() != manifest.ledger_id) {
    return MakeError(reason::kBackupDamaged,
                     StrCat("The dump is of ledger ", restore.ledger_id(),
                            ", but the manifest says ", manifest.ledger_id));
  }
  Elections said = manifest.elections;
  std::sort(said.begin(), said.end(),
            [](const auto& a, const auto& b) { return a.election_id < b.election_id; });
  const Elections found = EndsOf(restore.ledgers());
  for (std::size_t i = 0; i < std::max(said.size(), found.size()); ++i) {
    if (i < said.size() && i < found.size() && said[i] == found[i]) continue;
    const auto text = [i](const Elections& elections) {
      if (i >= elections.size()) return std::string("nothing");
      return StrCat(elections[i].election_id, " up to sequence ", elections[i].sequence,
                    " with the root ", elections[i].root);
    };
    return MakeError(reason::kBackupDamaged, StrCat("The dump holds ", text(found),
                                                    ", but the manifest says ", text(said)));
  }
  return absl::OkStatus();
}

absl::Status CatchUpFrom(const std::vector<std::string>& addresses, const Invocation& invocation,
                         DatabaseRestore& restore) {
  CatchUp catch_up(restore.ledgers(), restore.ledger_id());
  for (const std::string& address : addresses) {
    CommonOptions options = invocation.options;
    options.publisher = address;
    const absl::Status taken = catch_up.TakeFrom(PublisherClient(options), address);
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MissingEntries>> FindMissing(const std::vector<std::string>& files,
                                                        DatabaseRestore& restore) {
  std::vector<MissingEntries> missing;
  for (const std::string& file : files) {
    const auto known = process::KnownLedgers::Open(file);
    if (!known.ok()) return known.status();
    auto more = CompareWith(*known, restore.ledgers(), restore.ledger_id());
    if (!more.ok()) return more.status();
    std::move(more->begin(), more->end(), std::back_inserter(missing));
  }
  return missing;
}

// What the lists of stations say that the ledgers do not have.
absl::Status FindLostReportsOf(const RestoreArguments& arguments, RestoreReport& report) {
  for (const auto& [election_id, file] : arguments.stations) {
    const absl::StatusOr<std::string> csv = ReadInput(file);
    if (!csv.ok()) return csv.status();
    auto lost = FindLostReports(*csv, SequenceOf(report.elections, election_id));
    if (!lost.ok()) return lost.status();
    for (LostReport& of_station : *lost) {
      report.lost_reports.emplace_back(election_id, std::move(of_station));
    }
  }
  return absl::OkStatus();
}

absl::Status StillMissing(const std::vector<MissingEntries>& missing) {
  std::string text = "The ledger would end before what was seen of it, so nothing was changed.";
  for (const MissingEntries& entries : missing) text += "\n  " + Describe(entries);
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kLedgerBehind,
                   text +
                       "\nTake them from a publisher that has them (--catch-up), or have "
                       "everybody send again under a new id (--new-ledger-id)");
}

// Compares all tables with the entries, and finds the seals whose contents are lost.
absl::Status AuditAll(DatabaseRestore& restore, RestoreReport& report) {
  auto lost = restore.FindLostSeals();
  if (!lost.ok()) return lost.status();
  report.lost_seals = *std::move(lost);
  report.elections = EndsOf(restore.ledgers());
  return restore.Audit(report.lost_seals);
}

// Brings the database to the state in which it is left to an aggregator.
absl::Status Complete(const RestoreArguments& arguments, const Invocation& invocation,
                      DatabaseRestore& restore, RestoreReport& report) {
  report.ledger_id = restore.ledger_id();
  absl::Status status = AuditAll(restore, report);
  report.before = report.elections;
  if (status.ok()) status = CatchUpFrom(arguments.catch_up, invocation, restore);
  if (!status.ok()) return status;
  auto missing = FindMissing(arguments.known, restore);
  if (!missing.ok()) return missing.status();
  report.missing = *std::move(missing);
  if (!report.missing.empty() && !arguments.new_ledger_id) return StillMissing(report.missing);
  if (EndsOf(restore.ledgers()) != report.before) {
    status = restore.AppendAdded();
    if (status.ok()) status = AuditAll(restore, report);
    if (!status.ok()) return status;
  }
  status = FindLostReportsOf(arguments, report);
  if (!status.ok() || !arguments.new_ledger_id) return status;
  auto renewed = restore.RenewLedgerId();
  if (!renewed.ok()) return renewed.status();
  report.new_ledger_id = *std::move(renewed);
  return absl::OkStatus();
}

absl::Status CheckSchemaOf(const BackupManifest& manifest) {
  if (manifest.schema_version <= aggregator::SchemaVersion()) return absl::OkStatus();
  return MakeError(reason::kSchemaVersion,
                   StrCat("The backup has schema version ", manifest.schema_version,
                          ", but this program knows only up to ", aggregator::SchemaVersion(),
                          "; restore it with canvass ", manifest.canvass));
}

// Restores the schema from a backup and reads it.
absl::StatusOr<std::unique_ptr<DatabaseRestore>> RestoreBackup(const std::string& connection,
                                                               const std::string& folder,
                                                               const BackupManifest& manifest) {
  auto restore = DatabaseRestore::Begin(connection);
  if (!restore.ok()) return restore.status();
  const auto programs =
      postgres::FindDumpPrograms(std::max((*restore)->server_version(), manifest.postgres_version));
  if (!programs.ok()) return programs.status();
  absl::Status status = postgres::RestoreSchema(
      {.program_folder = *programs, .connection = connection}, DumpFileOf(folder));
  if (status.ok()) status = (*restore)->Open();
  if (status.ok()) status = CheckManifest(**restore, manifest);
  if (!status.ok()) return status;
  return restore;
}

// Reads the ledger that is there.
absl::StatusOr<std::unique_ptr<DatabaseRestore>> OpenExisting(const std::string& connection) {
  auto restore = DatabaseRestore::OfExisting(connection);
  if (!restore.ok()) return restore.status();
  absl::Status status = (*restore)->Open();
  if (!status.ok()) return status;
  return restore;
}

void SayElections(const RestoreReport& report, std::ostream& out) {
  for (const BackupManifest::Election& election : report.elections) {
    const std::int64_t before = SequenceOf(report.before, election.election_id);
    const std::string added = election.sequence == before
                                  ? ""
                                  : fmt::format(", of which {} to {} are from publishers",
                                                Grouped(before + 1), Grouped(election.sequence));
    out << fmt::format("{}: entries 1 to {}{}; root {}\n", Printable(election.election_id),
                       Grouped(election.sequence), added, election.root);
  }
}

// The newest seal of a source must be withdrawn first.
void SayLostSeals(const RestoreReport& report, std::ostream& out) {
  if (report.lost_seals.empty()) return;
  out << "What these seals hide is lost, because it is in no publisher. Withdraw them in this "
         "order, and have their sources say it again:\n";
  for (const auto& seal : std::views::reverse(report.lost_seals)) {
    out << fmt::format(
        "  canvass withdraw-seal {} {} --reason \"Lost with the database\"   # source {}, {}\n",
        Printable(seal.election_id), seal.sequence, Printable(seal.source_id),
        absl::FormatTime(absl::RFC3339_sec, seal.recorded_at, absl::UTCTimeZone()));
  }
}

void SayNewLedgerId(const RestoreReport& report, std::ostream& out) {
  if (report.new_ledger_id.empty()) return;
  out << fmt::format("The ledger goes on under the new id {}.\n", report.new_ledger_id);
  for (const MissingEntries& missing : report.missing) out << Printable(Describe(missing)) << "\n";
  for (const auto& [election_id, lost] : report.lost_reports) {
    out << fmt::format("{}: revision {} of station {} is missing; it was entry {}\n",
                       Printable(election_id), lost.revision, Printable(lost.station_id),
                       Grouped(lost.sequence));
  }
  out << "Have all stations and sources send everything again, and decide again what was decided "
         "since: what is there is only confirmed. Stations without a report:\n";
  for (const BackupManifest::Election& election : report.elections) {
    out << fmt::format("  canvass stations {} --state missing\n", Printable(election.election_id));
  }
  out << "Restart publishers without the file of --known_roots, and reporters without "
         "FILE-ledgers.\n";
}

void SayAll(const RestoreReport& report, std::ostream& out) {
  out << fmt::format("Ledger {}: all entries, columns and roots were checked.\n", report.ledger_id);
  SayElections(report, out);
  SayLostSeals(report, out);
  SayNewLedgerId(report, out);
}

absl::Status RunRestore(const RestoreArguments& arguments, const Invocation& invocation) {
  const bool from_backup = !arguments.folder.empty();
  absl::StatusOr<BackupManifest> manifest = BackupManifest();
  if (from_backup) manifest = OpenBackup(arguments.folder);
  if (!manifest.ok()) return manifest.status();
  absl::Status status = CheckSchemaOf(*manifest);
  if (!status.ok()) return status;
  const auto database = from_backup ? OwnerDatabase::OpenAlone(arguments.database)
                                    : OwnerDatabase::Open(arguments.database);
  if (!database.ok()) return database.status();
  const auto restore = from_backup
                           ? RestoreBackup(database->connection(), arguments.folder, *manifest)
                           : OpenExisting(database->connection());
  if (!restore.ok()) return restore.status();
  RestoreReport report;
  status = Complete(arguments, invocation, **restore, report);
  if (!status.ok()) return status;
  (*restore)->Keep();
  SayAll(report, invocation.console.messages);
  return absl::OkStatus();
}

}  // namespace

void AddRestore(CommandLine& commands) {
  auto arguments = std::make_shared<RestoreArguments>();
  CLI::App& app = commands.Add(
      "restore",
      "Restores a backup into an empty database, or takes a database that is older than what was "
      "published, and brings back what is missing. Everything is checked, and unless all of it is "
      "as it should be, the database stays as it was. Stop the aggregators first. Needs "
      "pg_restore.",
      "canvass restore --from /backups/night-1 --catch-up publisher.example.org:50063\n"
      "canvass restore --from /backups/night-1 --database \"host=db.example.org dbname=canvass "
      "user=canvass_owner\" --new-ledger-id --known publisher-roots",
      [arguments](const Invocation& invocation) { return RunRestore(*arguments, invocation); });
  CLI::Option* const from =
      app.add_option("--from", arguments->folder,
                     "Folder that canvass backup made. Without it the database has the ledger "
                     "already, e.g. after a recovery by PostgreSQL's own means")
          ->type_name("FOLDER");
  AddDatabaseOptions(app, arguments->database);
  auto* const way = app.add_option_group("How the ledger goes on", "One of these is required");
  way->add_option("--catch-up", arguments->catch_up,
                  "Publishers that still run: take the entries that were recorded after the "
                  "backup from them. The ledger goes on under its own id")
      ->delimiter(',')
      ->type_name("HOST:PORT[,...]");
  CLI::Option* const new_id =
      way->add_flag("--new-ledger-id", arguments->new_ledger_id,
                    "Nobody has these entries any more: the ledger goes on under a new id, and "
                    "everybody sends again");
  way->add_flag("--nothing-lost", arguments->nothing_lost,
                "Nothing was recorded after the backup: the ledger goes on under its own id, as "
                "it was")
      ->needs(from);
  way->require_option(1);
  app.add_option("--known", arguments->known,
                 "A publisher's file of --known_roots or a reporter's FILE-ledgers: name the "
                 "entries that they have seen and that are missing")
      ->type_name("FILE");
  app.add_option_function<std::vector<std::string>>(
         "--stations",
         [arguments](const std::vector<std::string>& lists) {
           for (const std::string& list : lists) {
             const std::size_t end = list.find('=');
             arguments->stations.emplace_back(list.substr(0, end), list.substr(end + 1));
           }
         },
         "What canvass stations ELECTION -o csv printed before the loss: name the stations whose "
         "reports are missing")
      ->needs(new_id)
      ->check(CLI::Validator(
          [](const std::string& list) {
            return list.find('=') == std::string::npos ? "ELECTION=FILE is expected" : "";
          },
          "", "list"))
      ->type_name("ELECTION=FILE");
}

}  // namespace canvass::cli
