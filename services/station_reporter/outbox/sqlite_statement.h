#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_STATEMENT_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_STATEMENT_H_

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace canvass::station_reporter {

// A prepared statement.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, const char* sql) {
    failed_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK;
  }
  ~SqliteStatement() { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Each call binds the next parameter. Texts and blobs must stay valid until the statement has
  // run.
  SqliteStatement& Bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  SqliteStatement& Bind(absl::Time value) { return Bind(absl::ToUnixMicros(value)); }
  SqliteStatement& BindText(std::string_view value) {
    sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  SqliteStatement& BindBlob(std::string_view value) {
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

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_STATEMENT_H_
