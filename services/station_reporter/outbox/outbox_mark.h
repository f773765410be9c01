#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_MARK_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_MARK_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/merkle.h"

namespace canvass::station_reporter {

// Of every file of an outbox. Reports are nobody's but its owner's.
inline constexpr mode_t kOutboxFileMode = 0600;

// What an outbox held after its last change.
struct MarkedState {
  std::int64_t changes = 0;  // since the file was created
  std::int64_t reports = 0;  // queued or damaged
  ledger::Hash digest{};     // exclusive or of the reports' RowDigests

  friend bool operator==(const MarkedState&, const MarkedState&) = default;
};

// A small text file beside an outbox that says what the outbox held when it last acknowledged
// something. It is how a start notices that the outbox's file has vanished, is an older copy, or
// lacks reports. Overwritten in place, which needs no room on the disk. Not thread-safe.
class OutboxMark {
 public:
  explicit OutboxMark(std::string file) : file_(std::move(file)) {}
  ~OutboxMark();
  OutboxMark(const OutboxMark&) = delete;
  OutboxMark& operator=(const OutboxMark&) = delete;

  const std::string& file() const { return file_; }

  // Returns the state that was written last, or nullopt if there is no file. Returns DATA_LOSS if
  // the file is not what Write wrote, and UNAVAILABLE if it cannot be read.
  absl::StatusOr<std::optional<MarkedState>> Read() const;

  // The state is durable once this returns OK. Creates the file, readable by its owner alone.
  // Otherwise returns UNAVAILABLE.
  absl::Status Write(const MarkedState& state);

 private:
  absl::Status Open();

  const std::string file_;
  int descriptor_ = -1;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_MARK_H_
