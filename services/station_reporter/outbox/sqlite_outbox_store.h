#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/station_reporter/outbox/outbox_store.h"

struct sqlite3;

namespace canvass::station_reporter {

// Stores an outbox in an SQLite file, with a write-ahead log and synchronous = FULL, so that
// applied changes survive a crash of the machine. The file is locked while it is open. Not
// thread-safe.
//
//   report    a row for each queued report: its key in columns, for people with sqlite3, and
//             `submitted` as it is sent
//   refusal   a row for each refusal that is kept, with its findings in `receipt`
//   user_version   kFormat, application_id   kApplicationId
class SqliteOutboxStore final : public OutboxStore {
 public:
  static constexpr int kFormat = 1;
  static constexpr int kApplicationId = 0x43'4f'62'78;  // "CObx"

  // Opens `file`, or creates it if it does not exist. Its folder must exist. Returns
  // FAILED_PRECONDITION with OUTBOX_IN_USE if another reporter has the file open, OUTBOX_READ_ONLY,
  // OUTBOX_FORMAT_UNKNOWN if another version of Canvass wrote it, or OUTBOX_UNREADABLE if it cannot
  // be opened or is not an outbox.
  static absl::StatusOr<std::unique_ptr<SqliteOutboxStore>> Open(const std::string& file);

  absl::StatusOr<OutboxContent> Read() override;
  // Returns RESOURCE_EXHAUSTED OUTBOX_DISK_FULL or UNAVAILABLE OUTBOX_UNWRITABLE.
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
  // Returns true if the file is new.
  absl::StatusOr<bool> CheckFormat();
  absl::Status Write(const OutboxChange& change);
  absl::Status ReadQueued(std::vector<QueuedReport>& queued);
  absl::Status ReadRefused(std::vector<OutboxRefusal>& refused);
  bool Execute(const std::string& sql);
  absl::StatusOr<std::int64_t> Number(const char* sql);
  // Convert SQLite's last error to a status: OpenError in Open and Read, UseError in Apply and
  // ReadSubmitted.
  absl::Status OpenError() const;
  absl::Status UseError() const;
  // Whether the last error was SQLITE_CORRUPT: a part of the file is damaged.
  bool IsDamaged() const;

  const std::string file_;
  const Database database_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_
