#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_STORE_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_STORE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/v1/report.pb.h"
#include "common/election/report.h"
#include "common/ledger/merkle.h"

namespace canvass::station_reporter {

// QueuedReport::caller of reports from before the start: their connections are gone.
inline constexpr std::uint64_t kNobody = 0;

// A report in the outbox, without its content.
struct QueuedReport {
  std::int64_t number = 0;    // order in which this reporter took the report, from 1
  election::ReportKey key{};  // as submitted, with revision 1 instead of 0
  ledger::Hash digest{};      // SHA-256 of the serialized StationReport
  std::size_t bytes = 0;      // size of NewReport::submitted
  absl::Time queued_at{};
  std::uint64_t caller = kNobody;  // whose share of the outbox it uses; not stored
};

// A report to be added to the outbox.
struct NewReport {
  QueuedReport queued{};
  std::string submitted{};  // bytes of canvass.aggregator.v1.SubmittedReport, as sent
};

// Returns the SHA-256 over everything that is stored of a report: its number and key, when it was
// queued, and its bytes. The store keeps it beside the report. It finds a disk that fails and hands
// that change a row. Whoever can write the file and knows this function can write a digest that
// matches, and a key on the same disk would be no secret from them.
ledger::Hash RowDigest(const NewReport& report);

// A report that does not match its RowDigest, or can no longer be read. It stays in the store.
struct DamagedReport {
  std::int64_t number = 0;
  election::ReportKey key{};  // as far as it can be read; it may be what was changed
  absl::Time queued_at{};     // the same
};

// A report that left the outbox because the aggregator refused it.
struct OutboxRefusal {
  std::int64_t number = 0;
  absl::Time queued_at{};
  absl::Time refused_at{};
  v1::Receipt receipt{};  // with its findings
};

// Everything in the store. Each list is ordered by number.
struct OutboxContent {
  std::vector<QueuedReport> queued{};
  std::vector<DamagedReport> damaged{};
  std::vector<OutboxRefusal> refused{};
  std::vector<std::string> elections{};  // that the aggregator is known to have
};

struct OutboxChange {
  std::vector<NewReport> added{};
  std::vector<std::int64_t> removed{};  // reports that were answered
  std::vector<OutboxRefusal> refused{};
  std::vector<std::int64_t> forgotten{};  // refusals to delete
  std::vector<std::string> elections{};   // that the aggregator has; known ones may be repeated

  bool empty() const {
    return added.empty() && removed.empty() && refused.empty() && forgotten.empty() &&
           elections.empty();
  }
};

// Durable storage of an outbox. Calls block. One caller at a time.
class OutboxStore {
 public:
  OutboxStore() = default;
  OutboxStore(const OutboxStore&) = delete;
  OutboxStore& operator=(const OutboxStore&) = delete;
  virtual ~OutboxStore() = default;

  virtual absl::StatusOr<OutboxContent> Read() = 0;

  // Applies all of the change or, on an error, none of it. The change is durable once this returns
  // OK. `forgotten` is applied last, because one change may add and delete the same refusal. Errors
  // carry a reason and a retry delay.
  virtual absl::Status Apply(const OutboxChange& change) = 0;

  // Returns `submitted` of each report, empty if the report does not match its RowDigest or the
  // disk has lost it. REQUIRES: the reports were in the store.
  virtual absl::StatusOr<std::vector<std::string>> ReadSubmitted(
      const std::vector<std::int64_t>& numbers) = 0;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_STORE_H_
