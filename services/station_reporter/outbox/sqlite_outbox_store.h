#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/station_reporter/outbox/outbox_mark.h"
#include "services/station_reporter/outbox/outbox_store.h"

struct sqlite3;

namespace canvass::station_reporter {

class SqliteStatement;

// Stores an outbox in an SQLite file. The file is locked while it is open, and it and the files
// beside it are readable by their owner alone. Not thread-safe.
//
//   report    a row for each queued or damaged report: its key in columns, for people with sqlite3,
//             `submitted` as it is sent, and its RowDigest
//   refusal   a row for each refusal that is kept, with its findings in `receipt`
//   election  a row for each election that the aggregator has
//   state     one row: how many changes were applied
//   user_version   kFormat, application_id   kApplicationId
//
// With a rollback journal and synchronous = FULL, everything that was applied is in the file
// itself. FILE-journal is needed only after a crash in the middle of a change, and FILE-mark (see
// OutboxMark) only tells that something is missing.
class SqliteOutboxStore final : public OutboxStore {
 public:
  static constexpr int kFormat = 2;
  // Had a write-ahead log and no RowDigests. Open converts it.
  static constexpr int kFormatWithoutDigests = 1;
  static constexpr int kApplicationId = 0x43'4f'62'78;  // "CObx"

  // Opens `file`, or creates it if it does not exist. Its folder must exist. Returns
  // FAILED_PRECONDITION with OUTBOX_IN_USE if another reporter has the file open, OUTBOX_READ_ONLY,
  // OUTBOX_FORMAT_UNKNOWN if another version of Canvass wrote it, OUTBOX_REPORTS_MISSING if it
  // holds less than its mark says, or OUTBOX_UNREADABLE if it cannot be opened or is not an outbox.
  static absl::StatusOr<std::unique_ptr<SqliteOutboxStore>> Open(const std::string& file);

  // Also returns OUTBOX_REPORTS_MISSING if reports were replaced by others.
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

  SqliteOutboxStore(const std::string& file, Database database)
      : file_(file), database_(std::move(database)), mark_(file + "-mark") {}

  absl::Status Prepare();
  // Returns the format of the file, or 0 if it is new.
  absl::StatusOr<std::int64_t> CheckFormat();
  absl::Status Create();
  // Computes RowDigests for a file that has none.
  absl::Status AddRowDigests();
  // Sets state_ to what the file holds.
  absl::Status LoadState();
  // Compares state_ with the mark.
  absl::Status CheckMark();
  absl::Status Missing(const MarkedState& marked, std::string_view what) const;
  // Writes state_ to the mark. A failure is logged: the change is in the file, and a mark that is
  // behind raises no alarm.
  void Mark();
  // Applies the change within a transaction, and changes `state` accordingly.
  absl::Status Write(const OutboxChange& change, MarkedState& state);
  absl::Status Remove(const std::vector<std::int64_t>& numbers, MarkedState& state);
  absl::Status Add(const std::vector<NewReport>& reports, MarkedState& state);
  // Returns a report, or nullopt if it does not match its digest or lies on a damaged page. Puts
  // what can be read of it into `damaged`. `row` is the statement for the next call.
  absl::StatusOr<std::optional<NewReport>> ReadReport(std::int64_t number,
                                                      std::optional<SqliteStatement>& row,
                                                      DamagedReport& damaged);
  absl::Status ReadReports(OutboxContent& content);
  absl::Status ReadRefused(std::vector<OutboxRefusal>& refused);
  absl::Status ReadElections(std::vector<std::string>& elections);
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
  OutboxMark mark_;
  std::optional<MarkedState> marked_;  // what the mark says; absent if there is none
  MarkedState state_;
  bool mark_failed_ = false;  // and that was logged
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_SQLITE_OUTBOX_STORE_H_
