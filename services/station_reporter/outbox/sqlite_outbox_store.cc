#include "services/station_reporter/outbox/sqlite_outbox_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::station_reporter {
namespace {

// Retry delay in errors. A full or failing disk does not recover at once.
constexpr int kRetryAfterMs = 5'000;

constexpr char kSchema[] = R"(
  CREATE TABLE report (
    number      INTEGER PRIMARY KEY,
    election_id TEXT NOT NULL,
    contest_id  TEXT NOT NULL,
    source_id   TEXT NOT NULL,
    station_id  TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    queued_at   INTEGER NOT NULL,  -- microseconds since 1970
    digest      BLOB NOT NULL,
    submitted   BLOB NOT NULL      -- canvass.aggregator.v1.SubmittedReport
  ) STRICT;
  CREATE TABLE refusal (
    number      INTEGER PRIMARY KEY,
    queued_at   INTEGER NOT NULL,
    refused_at  INTEGER NOT NULL,
    receipt     BLOB NOT NULL      -- canvass.v1.Receipt
  ) STRICT;
)";

// A prepared statement.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    failed_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Each call binds the next parameter. Texts and blobs must stay valid until the statement has
  // run.
  Statement& Bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  Statement& Bind(absl::Time value) { return Bind(absl::ToUnixMicros(value)); }
  Statement& BindText(std::string_view value) {
    sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& BindBlob(std::string_view value) {
    // An empty view may have a null pointer, which SQLite would bind as NULL.
    sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : value.data(), value.size(),
                        SQLITE_STATIC);
    return *this;
  }

  // Moves to the next row. Returns false if there is none or the statement failed.
  bool Step() {
    if (failed_) return false;
    const int result = sqlite3_step(statement_);
    failed_ = result != SQLITE_ROW && result != SQLITE_DONE;
    return result == SQLITE_ROW;
  }
  // Runs the statement to its end and makes it ready for new parameters. Returns ok().
  bool Run() {
    while (Step()) {
    }
    sqlite3_reset(statement_);
    bound_ = 0;
    return ok();
  }
  bool ok() const { return !failed_; }

  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  absl::Time Time(int column) const { return absl::FromUnixMicros(Int(column)); }
  // Valid until the next Step.
  std::string_view Bytes(int column) const {
    const void* const bytes = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(static_cast<const char*>(bytes), size);
  }
  std::string Text(int column) const { return std::string(Bytes(column)); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool failed_ = false;
};

std::string_view BytesOf(const ledger::Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

absl::Status NotUsable(const std::string& file, const Reason& reason, std::string_view why) {
  return MakeError(reason, StrCat("The outbox ", file, " cannot be used: ", why),
                   {.metadata = {{"file", file}}});
}

// Makes the file one of its owner alone, because reports that wait are not public yet; SQLite gives
// its write-ahead log the same mode. What is wrong with the file, SQLite says when it opens it. One
// that exists is not opened here: closing it would end the locks of another connection.
void MakePrivate(const std::string& file) {
  const int created = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (created >= 0) close(created);
  struct stat found {};
  if (stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) chmod(file.c_str(), found.st_mode & S_IRWXU);
}

}  // namespace

void SqliteOutboxStore::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

absl::StatusOr<std::unique_ptr<SqliteOutboxStore>> SqliteOutboxStore::Open(
    const std::string& file) {
  MakePrivate(file);
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(
      file.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  auto store = absl::WrapUnique(new SqliteOutboxStore(file, Database(database)));
  if (result != SQLITE_OK) return store->OpenError();
  const absl::Status status = store->Prepare();
  if (!status.ok()) return status;
  return store;
}

absl::Status SqliteOutboxStore::Prepare() {
  if (sqlite3_db_readonly(database_.get(), "main") == 1) {
    return NotUsable(file_, reason::kOutboxReadOnly, "it is read-only.");
  }
  // Set first, so that no other connection can use the file, and the write-ahead log needs no
  // shared memory.
  if (!Execute("PRAGMA locking_mode = EXCLUSIVE")) return OpenError();
  const absl::StatusOr<bool> is_new = CheckFormat();
  if (!is_new.ok()) return is_new.status();
  if (!Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")) return OpenError();
  // This transaction locks the file even if there is nothing to create.
  const std::string made = *is_new ? StrCat("PRAGMA application_id = ", kApplicationId,
                                            "; PRAGMA user_version = ", kFormat, ";", kSchema)
                                   : "";
  return Execute(StrCat("BEGIN IMMEDIATE;", made, "COMMIT;")) ? absl::OkStatus() : OpenError();
}

absl::StatusOr<bool> SqliteOutboxStore::CheckFormat() {
  const absl::StatusOr<std::int64_t> tables = Number("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  const absl::StatusOr<std::int64_t> application = Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<std::int64_t> version = Number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*tables == 0 && *application == 0 && *version == 0) return true;
  if (*application != kApplicationId) {
    return NotUsable(file_, reason::kOutboxUnreadable, "it is a database of another application.");
  }
  if (*version != kFormat) {
    return NotUsable(
        file_, reason::kOutboxFormatUnknown,
        StrCat("it has format ", *version, ", but this reporter reads format ", kFormat,
               ". Send its reports with the version of Canvass that wrote it, or start with "
               "another file."));
  }
  return false;
}

absl::StatusOr<OutboxContent> SqliteOutboxStore::Read() {
  OutboxContent content;
  absl::Status status = ReadQueued(content.queued);
  if (status.ok()) status = ReadRefused(content.refused);
  if (!status.ok()) return status;
  return content;
}

absl::Status SqliteOutboxStore::ReadQueued(std::vector<QueuedReport>& queued) {
  Statement rows(database_.get(),
                 "SELECT number, election_id, contest_id, source_id, station_id, revision, "
                 "queued_at, digest, length(submitted) FROM report ORDER BY number");
  while (rows.Step()) {
    QueuedReport& report = queued.emplace_back();
    report.number = rows.Int(0);
    report.key = {.election_id = rows.Text(1),
                  .contest_id = rows.Text(2),
                  .source_id = rows.Text(3),
                  .station_id = rows.Text(4),
                  .revision = static_cast<std::int32_t>(rows.Int(5))};
    report.queued_at = rows.Time(6);
    const std::string_view digest = rows.Bytes(7);
    std::copy_n(digest.begin(), std::min(digest.size(), report.digest.size()),
                report.digest.begin());
    report.bytes = static_cast<std::size_t>(rows.Int(8));
  }
  return rows.ok() ? absl::OkStatus() : OpenError();
}

absl::Status SqliteOutboxStore::ReadRefused(std::vector<OutboxRefusal>& refused) {
  Statement rows(database_.get(),
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

absl::Status SqliteOutboxStore::Apply(const OutboxChange& change) {
  if (!Execute("BEGIN IMMEDIATE")) return UseError();
  absl::Status status = Write(change);
  if (status.ok() && !Execute("COMMIT")) status = UseError();
  // Some errors have already ended the transaction.
  if (sqlite3_get_autocommit(database_.get()) == 0) Execute("ROLLBACK");
  return status;
}

absl::Status SqliteOutboxStore::Write(const OutboxChange& change) {
  std::optional<Statement> remove;
  for (const std::int64_t number : change.removed) {
    if (!remove.has_value()) remove.emplace(database_.get(), "DELETE FROM report WHERE number = ?");
    if (remove->Bind(number).Run()) continue;
    // A row on a damaged page cannot be deleted. It must not keep the rest of the change from the
    // disk.
    if (!IsDamaged()) return UseError();
    remove.reset();
  }
  Statement add(database_.get(), "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const NewReport& report : change.added) {
    const QueuedReport& queued = report.queued;
    add.Bind(queued.number).BindText(queued.key.election_id).BindText(queued.key.contest_id);
    add.BindText(queued.key.source_id).BindText(queued.key.station_id).Bind(queued.key.revision);
    add.Bind(queued.queued_at).BindBlob(BytesOf(queued.digest)).BindBlob(report.submitted);
    if (!add.Run()) return UseError();
  }
  Statement refuse(database_.get(), "INSERT INTO refusal VALUES (?, ?, ?, ?)");
  for (const OutboxRefusal& refusal : change.refused) {
    const std::string receipt = refusal.receipt.SerializeAsString();
    refuse.Bind(refusal.number).Bind(refusal.queued_at).Bind(refusal.refused_at);
    if (!refuse.BindBlob(receipt).Run()) return UseError();
  }
  Statement forget(database_.get(), "DELETE FROM refusal WHERE number = ?");
  for (const std::int64_t number : change.forgotten) {
    if (!forget.Bind(number).Run()) return UseError();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SqliteOutboxStore::ReadSubmitted(
    const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> submitted;
  submitted.reserve(numbers.size());
  std::optional<Statement> row;
  for (const std::int64_t number : numbers) {
    if (!row.has_value()) {
      row.emplace(database_.get(), "SELECT submitted FROM report WHERE number = ?");
    }
    if (row->Bind(number).Step()) {
      submitted.push_back(row->Text(0));
      row->Run();
      continue;
    }
    if (!row->ok() && !IsDamaged()) return UseError();
    submitted.emplace_back();
    row.reset();
  }
  return submitted;
}

bool SqliteOutboxStore::Execute(const std::string& sql) {
  return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

absl::StatusOr<std::int64_t> SqliteOutboxStore::Number(const char* sql) {
  Statement row(database_.get(), sql);
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
