#include "services/station_reporter/outbox/sqlite_outbox_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/telemetry/log.h"
#include "services/station_reporter/outbox/sqlite_statement.h"

namespace canvass::station_reporter {
namespace {

// Retry delay in errors. A full or failing disk does not recover at once.
constexpr int kRetryAfterMs = 5'000;
// More changes than any outbox sees, far below the end of the type.
constexpr std::int64_t kChangesMax = std::int64_t{1} << 62U;
constexpr std::filesystem::perms kAllOfOwner = std::filesystem::perms::owner_all;

// `row_digest` stands before `submitted`, so that reading it does not read the report.
constexpr char kReportTable[] = R"(
  CREATE TABLE report (
    number      INTEGER PRIMARY KEY,
    election_id TEXT NOT NULL,
    contest_id  TEXT NOT NULL,
    source_id   TEXT NOT NULL,
    station_id  TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    queued_at   INTEGER NOT NULL,  -- microseconds since 1970
    digest      BLOB NOT NULL,     -- SHA-256 of the report, to recognise it when it comes again
    row_digest  BLOB NOT NULL,     -- SHA-256 of the other columns
    submitted   BLOB NOT NULL      -- canvass.aggregator.v1.SubmittedReport
  ) STRICT;
)";
constexpr char kRefusalTable[] = R"(
  CREATE TABLE refusal (
    number      INTEGER PRIMARY KEY,
    queued_at   INTEGER NOT NULL,
    refused_at  INTEGER NOT NULL,
    receipt     BLOB NOT NULL      -- canvass.v1.Receipt
  ) STRICT;
)";
constexpr char kOtherTables[] = R"(
  CREATE TABLE election (election_id TEXT PRIMARY KEY) STRICT;
  CREATE TABLE state (changes INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (0);
)";

std::string_view BytesOf(const ledger::Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

void FlipWith(ledger::Hash& digest, std::string_view other) {
  for (std::size_t i = 0; i < std::min(digest.size(), other.size()); ++i) {
    digest[i] = static_cast<std::uint8_t>(digest[i] ^ static_cast<std::uint8_t>(other[i]));
  }
}

std::string StampOf(std::int64_t format) {
  return StrCat("PRAGMA application_id = ", SqliteOutboxStore::kApplicationId,
                "; PRAGMA user_version = ", format, ";");
}

absl::Status NotUsable(const std::string& file, const Reason& reason, std::string_view why) {
  return MakeError(reason, StrCat("The outbox ", file, " cannot be used: ", why),
                   {.metadata = {{"file", file}}});
}

// Checks what SQLite would only call "unable to open database file", or wait for.
absl::Status CheckPlace(const std::string& file) {
  std::error_code error;
  const std::filesystem::path path = file;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    return NotUsable(file, reason::kOutboxUnreadable, "it is a folder. Name a file in it.");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return NotUsable(file, reason::kOutboxUnreadable, "it is not a regular file.");
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, error)) {
    return NotUsable(file, reason::kOutboxUnreadable,
                     StrCat("there is no folder ", folder.string(), "."));
  }
  return absl::OkStatus();
}

// Lets only the owner read the file. SQLite gives the files beside it the same permissions.
void Protect(const std::string& file) {
  const int created = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOutboxFileMode);
  if (created >= 0) {
    close(created);
    return;
  }
  std::error_code error;
  const std::filesystem::perms now = std::filesystem::status(file, error).permissions();
  if (error || (now & ~kAllOfOwner) == std::filesystem::perms::none) return;
  std::filesystem::permissions(file, now & kAllOfOwner, error);
  if (error) {
    telemetry::LogWarning(
        StrCat("others may read the outbox ", file, ", which holds reports: ", error.message()));
  }
}

// Whether the columns of a row without a RowDigest say what its bytes say.
bool AgreesWithItsBytes(const NewReport& row) {
  aggregator::v1::SubmittedReport submitted;
  if (!submitted.ParseFromString(row.submitted)) return false;
  const v1::StationReport& report = submitted.report();
  const election::ReportKey key = {.election_id = report.election_id(),
                                   .contest_id = report.contest_id(),
                                   .source_id = report.source_id(),
                                   .station_id = report.station_id(),
                                   .revision = report.revision() == 0 ? 1 : report.revision()};
  return key == row.queued.key && ledger::Sha256(report.SerializeAsString()) == row.queued.digest;
}

// Reads the columns in the order of kReportColumns. Returns false if one of them cannot have been
// written by Apply.
constexpr char kReportColumns[] =
    "number, election_id, contest_id, source_id, station_id, revision, queued_at, digest, "
    "submitted";

bool ReadColumns(const SqliteStatement& row, NewReport& report) {
  QueuedReport& queued = report.queued;
  const std::int64_t revision = row.Int(5);
  queued.number = row.Int(0);
  queued.key = {.election_id = row.Text(1),
                .contest_id = row.Text(2),
                .source_id = row.Text(3),
                .station_id = row.Text(4),
                .revision = static_cast<std::int32_t>(revision)};
  queued.queued_at = row.Time(6);
  const std::string_view digest = row.Bytes(7);
  std::copy_n(digest.begin(), std::min(digest.size(), queued.digest.size()), queued.digest.begin());
  report.submitted = row.Text(8);
  queued.bytes = report.submitted.size();
  return queued.key.revision == revision && digest.size() == queued.digest.size();
}

}  // namespace

void SqliteOutboxStore::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

absl::StatusOr<std::unique_ptr<SqliteOutboxStore>> SqliteOutboxStore::Open(
    const std::string& file) {
  absl::Status status = CheckPlace(file);
  if (!status.ok()) return status;
  Protect(file);
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(
      file.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  auto store = absl::WrapUnique(new SqliteOutboxStore(file, Database(database)));
  if (result != SQLITE_OK) return store->OpenError();
  status = store->Prepare();
  if (!status.ok()) return status;
  return store;
}

absl::Status SqliteOutboxStore::Prepare() {
  if (sqlite3_db_readonly(database_.get(), "main") == 1) {
    return NotUsable(file_, reason::kOutboxReadOnly, "it is read-only.");
  }
  // Set first, so that no other connection can use the file, and a write-ahead log of an older
  // version needs no shared memory.
  if (!Execute("PRAGMA locking_mode = EXCLUSIVE")) return OpenError();
  const absl::StatusOr<std::int64_t> format = CheckFormat();
  if (!format.ok()) return format.status();
  if (!Execute("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;")) return OpenError();
  if (*format == 0) return Create();
  // Locks the file, also if there is nothing to write.
  if (!Execute("BEGIN EXCLUSIVE; COMMIT;")) return OpenError();
  absl::Status status;
  if (*format == kFormatWithoutDigests) status = AddRowDigests();
  if (status.ok()) status = LoadState();
  return status.ok() ? CheckMark() : status;
}

// Writes nothing if there was an outbox: the next start must not take an empty file for it.
absl::Status SqliteOutboxStore::Create() {
  const absl::Status marked = CheckMark();
  if (!marked.ok()) return marked;
  const std::string made = StrCat("BEGIN EXCLUSIVE;", StampOf(kFormat), kReportTable, kRefusalTable,
                                  kOtherTables, "COMMIT;");
  return Execute(made) ? absl::OkStatus() : OpenError();
}

absl::StatusOr<std::int64_t> SqliteOutboxStore::CheckFormat() {
  const absl::StatusOr<std::int64_t> tables = Number("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  const absl::StatusOr<std::int64_t> application = Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<std::int64_t> version = Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const absl::StatusOr<std::int64_t> pages = Number("PRAGMA page_count");
  if (!pages.ok()) return pages.status();
  if (*pages == 0) return 0;
  if (*tables == 0 && *application == 0 && *version == 0) {
    return NotUsable(file_, reason::kOutboxUnreadable,
                     StrCat("it was begun and holds nothing. An older version of Canvass kept its "
                            "reports in ",
                            file_,
                            "-wal at first. Put that file back, or start with another file; "
                            "reports that were QUEUED must then be sent again."));
  }
  if (*application != kApplicationId) {
    return NotUsable(file_, reason::kOutboxUnreadable, "it is a database of another application.");
  }
  if (*version != kFormat && *version != kFormatWithoutDigests) {
    return NotUsable(
        file_, reason::kOutboxFormatUnknown,
        StrCat("it has format ", *version, ", but this reporter reads formats ",
               kFormatWithoutDigests, " to ", kFormat,
               ". Send its reports with the version of Canvass that wrote it, or start with "
               "another file."));
  }
  return *version;
}

// A row that does not agree with its bytes gets an empty RowDigest, which matches nothing.
absl::Status SqliteOutboxStore::AddRowDigests() {
  const std::string begin =
      StrCat("BEGIN IMMEDIATE; ALTER TABLE report RENAME TO report_1;", kReportTable, kOtherTables);
  if (!Execute(begin)) return OpenError();
  {
    SqliteStatement rows(database_.get(),
                         StrCat("SELECT ", kReportColumns, " FROM report_1").c_str());
    SqliteStatement add(database_.get(),
                        "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    while (rows.Step()) {
      NewReport row;
      const bool agrees = ReadColumns(rows, row) && AgreesWithItsBytes(row);
      const ledger::Hash digest = RowDigest(row);
      const QueuedReport& queued = row.queued;
      add.Bind(queued.number).BindText(queued.key.election_id).BindText(queued.key.contest_id);
      add.BindText(queued.key.source_id).BindText(queued.key.station_id).Bind(rows.Int(5));
      add.Bind(queued.queued_at).BindBlob(rows.Bytes(7));
      add.BindBlob(agrees ? BytesOf(digest) : std::string_view()).BindBlob(row.submitted);
      if (!add.Run()) break;
    }
    if (!rows.ok() || !add.ok()) return OpenError();
  }
  return Execute(StrCat("DROP TABLE report_1;", StampOf(kFormat), "COMMIT;")) ? absl::OkStatus()
                                                                              : OpenError();
}

absl::Status SqliteOutboxStore::LoadState() {
  const absl::StatusOr<std::int64_t> changes = Number("SELECT changes FROM state");
  if (!changes.ok()) return changes.status();
  if (*changes < 0 || *changes > kChangesMax) {
    return NotUsable(file_, reason::kOutboxUnreadable, StrCat("it claims ", *changes, " changes."));
  }
  state_ = {.changes = *changes};
  SqliteStatement rows(database_.get(), "SELECT row_digest FROM report");
  while (rows.Step()) {
    ++state_.reports;
    FlipWith(state_.digest, rows.Bytes(0));
  }
  return rows.ok() ? absl::OkStatus() : OpenError();
}

absl::Status SqliteOutboxStore::CheckMark() {
  const absl::StatusOr<std::optional<MarkedState>> marked = mark_.Read();
  if (!marked.ok()) {
    if (!absl::IsDataLoss(marked.status())) {
      return NotUsable(file_, reason::kOutboxUnreadable, StrCat(marked.status().message(), "."));
    }
    telemetry::LogError(
        StrCat(marked.status().message(),
               "; whether the outbox lacks reports cannot be told. It is replaced."));
    return absl::OkStatus();
  }
  marked_ = *marked;
  if (!marked_.has_value()) {
    if (state_.changes == 0) return absl::OkStatus();
    telemetry::LogWarning(StrCat("the outbox ", file_, " has no ", mark_.file(),
                                 "; whether it lacks reports cannot be told. It holds ",
                                 state_.reports, "."));
    return absl::OkStatus();
  }
  if (marked_->changes == state_.changes && marked_->reports != state_.reports) {
    return Missing(*marked_, "at this very change");
  }
  if (marked_->changes <= state_.changes) return absl::OkStatus();
  if (marked_->reports > 0) {
    return Missing(*marked_, StrCat("after ", marked_->changes, " changes"));
  }
  telemetry::LogWarning(StrCat("the outbox ", file_, " is older than ", mark_.file(),
                               ", which says that it was empty after ", marked_->changes,
                               " changes; this one has seen ", state_.changes, " and holds ",
                               state_.reports, " reports, which are sent again"));
  return absl::OkStatus();
}

absl::Status SqliteOutboxStore::Missing(const MarkedState& marked, std::string_view what) const {
  return MakeError(
      reason::kOutboxReportsMissing,
      StrCat("The outbox ", file_, " lacks reports that were QUEUED, or holds others: after ",
             state_.changes, " changes it holds ", state_.reports, ", but ", mark_.file(),
             " says that it held ", marked.reports, " ", what,
             ". Put the right file back. Or move the mark away to go on with the reports that are "
             "left; those that are missing must then be sent again."),
      {.metadata = {{"file", file_},
                    {"mark", mark_.file()},
                    {"changes", absl::StrCat(state_.changes)},
                    {"changes_marked", absl::StrCat(marked.changes)},
                    {"reports", absl::StrCat(state_.reports)},
                    {"reports_marked", absl::StrCat(marked.reports)}}});
}

void SqliteOutboxStore::Mark() {
  const absl::Status status = mark_.Write(state_);
  if (!status.ok() && !mark_failed_) {
    telemetry::LogError(StrCat(status.message(),
                               "; until it can be, a start does not notice if the outbox has lost "
                               "reports"));
  }
  mark_failed_ = !status.ok();
  if (status.ok()) marked_ = state_;
}

absl::StatusOr<OutboxContent> SqliteOutboxStore::Read() {
  OutboxContent content;
  absl::Status status = ReadReports(content);
  if (status.ok()) status = ReadRefused(content.refused);
  if (status.ok()) status = ReadElections(content.elections);
  if (!status.ok()) return status;
  // A row whose own digest was changed is damaged, and accounts for the difference.
  if (marked_.has_value() && marked_->changes == state_.changes &&
      marked_->digest != state_.digest && content.damaged.empty()) {
    return Missing(*marked_, "others");
  }
  if (marked_ != state_) Mark();
  return content;
}

absl::Status SqliteOutboxStore::ReadReports(OutboxContent& content) {
  std::vector<std::int64_t> numbers;
  {
    SqliteStatement rows(database_.get(), "SELECT number FROM report ORDER BY number");
    while (rows.Step()) numbers.push_back(rows.Int(0));
    if (!rows.ok()) return OpenError();
  }
  std::optional<SqliteStatement> row;
  for (const std::int64_t number : numbers) {
    DamagedReport damaged;
    const absl::StatusOr<std::optional<NewReport>> report = ReadReport(number, row, damaged);
    if (!report.ok()) return OpenError();
    if (report->has_value()) {
      content.queued.push_back((*report)->queued);
    } else {
      content.damaged.push_back(std::move(damaged));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<NewReport>> SqliteOutboxStore::ReadReport(
    std::int64_t number, std::optional<SqliteStatement>& row, DamagedReport& damaged) {
  damaged.number = number;
  if (!row.has_value()) {
    const std::string sql =
        StrCat("SELECT ", kReportColumns, ", row_digest FROM report WHERE number = ?");
    row.emplace(database_.get(), sql.c_str());
  }
  if (!row->Bind(number).Step()) {
    if (!row->ok() && !IsDamaged()) return UseError();
    row.reset();
    return std::nullopt;
  }
  NewReport report;
  const bool is_plausible = ReadColumns(*row, report);
  const bool is_intact = is_plausible && row->Bytes(9) == BytesOf(RowDigest(report));
  row->Run();
  if (is_intact) return report;
  damaged.key = std::move(report.queued.key);
  damaged.queued_at = report.queued.queued_at;
  return std::nullopt;
}

absl::Status SqliteOutboxStore::ReadRefused(std::vector<OutboxRefusal>& refused) {
  SqliteStatement rows(
      database_.get(),
      "SELECT number, queued_at, refused_at, receipt FROM refusal ORDER BY number");
  while (rows.Step()) {
    OutboxRefusal& refusal = refused.emplace_back();
    refusal.number = rows.Int(0);
    refusal.queued_at = rows.Time(1);
    refusal.refused_at = rows.Time(2);
    if (!refusal.receipt.ParseFromString(rows.Text(3))) {
      return NotUsable(file_, reason::kOutboxUnreadable,
                       StrCat("refusal ", refusal.number, " is damaged."));
    }
  }
  return rows.ok() ? absl::OkStatus() : OpenError();
}

absl::Status SqliteOutboxStore::ReadElections(std::vector<std::string>& elections) {
  SqliteStatement rows(database_.get(), "SELECT election_id FROM election");
  while (rows.Step()) elections.push_back(rows.Text(0));
  return rows.ok() ? absl::OkStatus() : OpenError();
}

absl::Status SqliteOutboxStore::Apply(const OutboxChange& change) {
  if (!Execute("BEGIN IMMEDIATE")) return UseError();
  MarkedState state = state_;
  ++state.changes;
  absl::Status status = Write(change, state);
  if (status.ok() && !Execute("COMMIT")) status = UseError();
  // Some errors have already ended the transaction.
  if (sqlite3_get_autocommit(database_.get()) == 0) Execute("ROLLBACK");
  if (!status.ok()) return status;
  state_ = state;
  Mark();
  return absl::OkStatus();
}

absl::Status SqliteOutboxStore::Write(const OutboxChange& change, MarkedState& state) {
  absl::Status status = Remove(change.removed, state);
  if (status.ok()) status = Add(change.added, state);
  if (!status.ok()) return status;
  SqliteStatement refuse(database_.get(), "INSERT INTO refusal VALUES (?, ?, ?, ?)");
  for (const OutboxRefusal& refusal : change.refused) {
    const std::string receipt = refusal.receipt.SerializeAsString();
    refuse.Bind(refusal.number).Bind(refusal.queued_at).Bind(refusal.refused_at);
    if (!refuse.BindBlob(receipt).Run()) return UseError();
  }
  SqliteStatement forget(database_.get(), "DELETE FROM refusal WHERE number = ?");
  for (const std::int64_t number : change.forgotten) {
    if (!forget.Bind(number).Run()) return UseError();
  }
  SqliteStatement know(database_.get(), "INSERT OR IGNORE INTO election VALUES (?)");
  for (const std::string& election_id : change.elections) {
    if (!know.BindText(election_id).Run()) return UseError();
  }
  SqliteStatement count(database_.get(), "UPDATE state SET changes = ?");
  return count.Bind(state.changes).Run() ? absl::OkStatus() : UseError();
}

absl::Status SqliteOutboxStore::Remove(const std::vector<std::int64_t>& numbers,
                                       MarkedState& state) {
  std::optional<SqliteStatement> remove;
  for (const std::int64_t number : numbers) {
    if (!remove.has_value()) {
      remove.emplace(database_.get(), "DELETE FROM report WHERE number = ? RETURNING row_digest");
    }
    if (remove->Bind(number).Step()) {
      FlipWith(state.digest, remove->Bytes(0));
      --state.reports;
    }
    if (remove->Run()) continue;
    // A row on a damaged page cannot be deleted. It must not keep the rest of the change from the
    // disk.
    if (!IsDamaged()) return UseError();
    remove.reset();
  }
  return absl::OkStatus();
}

absl::Status SqliteOutboxStore::Add(const std::vector<NewReport>& reports, MarkedState& state) {
  SqliteStatement add(database_.get(), "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const NewReport& report : reports) {
    const QueuedReport& queued = report.queued;
    const ledger::Hash digest = RowDigest(report);
    add.Bind(queued.number).BindText(queued.key.election_id).BindText(queued.key.contest_id);
    add.BindText(queued.key.source_id).BindText(queued.key.station_id).Bind(queued.key.revision);
    add.Bind(queued.queued_at).BindBlob(BytesOf(queued.digest)).BindBlob(BytesOf(digest));
    if (!add.BindBlob(report.submitted).Run()) return UseError();
    FlipWith(state.digest, BytesOf(digest));
    ++state.reports;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SqliteOutboxStore::ReadSubmitted(
    const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> submitted;
  submitted.reserve(numbers.size());
  std::optional<SqliteStatement> row;
  for (const std::int64_t number : numbers) {
    DamagedReport damaged;
    absl::StatusOr<std::optional<NewReport>> report = ReadReport(number, row, damaged);
    if (!report.ok()) return report.status();
    submitted.push_back(report->has_value() ? std::move((*report)->submitted) : std::string());
  }
  return submitted;
}

bool SqliteOutboxStore::Execute(const std::string& sql) {
  return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

absl::StatusOr<std::int64_t> SqliteOutboxStore::Number(const char* sql) {
  SqliteStatement row(database_.get(), sql);
  if (!row.Step()) return OpenError();
  return row.Int(0);
}

absl::Status SqliteOutboxStore::OpenError() const {
  const int code = sqlite3_errcode(database_.get()) & 0xff;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    return NotUsable(file_, reason::kOutboxInUse,
                     "another process has it open. Every reporter needs its own file.");
  }
  if (code == SQLITE_READONLY) {
    return NotUsable(file_, reason::kOutboxReadOnly, "it is read-only.");
  }
  return NotUsable(file_, reason::kOutboxUnreadable, StrCat(sqlite3_errmsg(database_.get()), "."));
}

bool SqliteOutboxStore::IsDamaged() const {
  return (sqlite3_errcode(database_.get()) & 0xff) == SQLITE_CORRUPT;
}

absl::Status SqliteOutboxStore::UseError() const {
  const bool full = (sqlite3_errcode(database_.get()) & 0xff) == SQLITE_FULL;
  return MakeError(
      full ? reason::kOutboxDiskFull : reason::kOutboxUnwritable,
      StrCat("This reporter cannot write to its outbox ", file_, ", so the report was not kept (",
             sqlite3_errmsg(database_.get()), "). Send it again later, or to another reporter."),
      {.metadata = {{"file", file_}}, .retry_after_ms = kRetryAfterMs});
}

}  // namespace canvass::station_reporter
