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

// A report in the outbox, without its content.
struct QueuedReport {
  std::int64_t number = 0;    // order in which this reporter took the report, from 1
  election::ReportKey key{};  // as submitted, with revision 1 instead of 0
  ledger::Hash digest{};      // SHA-256 of the serialized StationReport
  std::size_t bytes = 0;      // size of NewReport::submitted
  absl::Time queued_at{};
};

// A report to be added to the outbox.
struct NewReport {
  QueuedReport queued{};
  std::string submitted{};  // bytes of canvass.aggregator.v1.SubmittedReport, as sent
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
  std::vector<OutboxRefusal> refused{};
};

struct OutboxChange {
  std::vector<NewReport> added{};
  std::vector<std::int64_t> removed{};  // reports that were answered
  std::vector<OutboxRefusal> refused{};
  std::vector<std::int64_t> forgotten{};  // refusals to delete

  bool empty() const {
    return added.empty() && removed.empty() && refused.empty() && forgotten.empty();
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

  // Returns `submitted` of each report, empty if the disk has lost it. REQUIRES: the reports are in
  // the store.
  virtual absl::StatusOr<std::vector<std::string>> ReadSubmitted(
      const std::vector<std::int64_t>& numbers) = 0;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_STORE_H_
