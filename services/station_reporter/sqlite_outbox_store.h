#ifndef CANVASS_SERVICES_STATION_REPORTER_SQLITE_OUTBOX_STORE_H_
#define CANVASS_SERVICES_STATION_REPORTER_SQLITE_OUTBOX_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/station_reporter/outbox_store.h"

struct sqlite3;

namespace canvass::station_reporter {

// An outbox in a file of SQLite: write-ahead log, synchronous = FULL, so that what Apply said
// survives a crash of the machine. The file is locked while it is open. Not thread-safe.
//
//   report    a row for each report that is queued: its key in columns for people with sqlite3,
//             `submitted` as it is sent
//   refusal   a row for each refusal that is kept, `receipt` with its findings
//   user_version   kFormat, application_id   kApplicationId
class SqliteOutboxStore final : public OutboxStore {
 public:
  static constexpr int kFormat = 1;
  static constexpr int kApplicationId = 0x43'4f'62'78;  // "CObx"

  // Opens `file`, and makes it if there is none; its folder must be there. FAILED_PRECONDITION:
  // OUTBOX_IN_USE by another reporter, OUTBOX_READ_ONLY, OUTBOX_FORMAT_UNKNOWN of another version
  // of Canvass, OUTBOX_UNREADABLE where it cannot be opened or is something else.
  static absl::StatusOr<std::unique_ptr<SqliteOutboxStore>> Open(const std::string& file);

  absl::StatusOr<OutboxContent> Read() override;
  // RESOURCE_EXHAUSTED OUTBOX_DISK_FULL, UNAVAILABLE OUTBOX_UNWRITABLE.
  absl::Status Apply(const OutboxChange& change) override;
  absl::StatusOr<std::vector<std::string>> ReadSubmitted(
      const std::vector<std::int64_t>& numbers) override;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  using Database = std::unique_ptr<sqlite3, Close>;

  SqliteOutboxStore(std::string file, Database database)
      : file_(std::move(file)), database_(std::move(database)) {}

  absl::Status Prepare();
  // True if the file is new.
  absl::StatusOr<bool> CheckFormat();
  absl::Status Write(const OutboxChange& change);
  absl::Status ReadQueued(std::vector<QueuedReport>& queued);
  absl::Status ReadRefused(std::vector<Refusal>& refused);
  bool Execute(const std::string& sql);
  absl::StatusOr<std::int64_t> Number(const char* sql);
  // What to make of SQLite's last error: where the file is opened, and afterwards.
  absl::Status OpenError() const;
  absl::Status UseError() const;
  // Whether that was a part of the file that makes no sense.
  bool IsDamaged() const;

  const std::string file_;
  const Database database_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_SQLITE_OUTBOX_STORE_H_
