#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_STORE_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_STORE_H_

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

// A report in the outbox, without its bytes.
struct QueuedReport {
  std::int64_t number = 0;    // order in which this reporter took its reports, from 1
  election::ReportKey key{};  // as submitted, but for the revision, which is never 0
  ledger::Hash digest{};      // SHA-256 of the report as submitted: the same report has the same
  std::size_t bytes = 0;      // of what is sent
  absl::Time queued_at{};
};

// A report on its way into the outbox.
struct NewReport {
  QueuedReport queued{};
  std::string submitted{};  // canvass.aggregator.v1.SubmittedReport, as it will be sent
};

// A report that left the outbox because the aggregator refused it.
struct Refusal {
  std::int64_t number = 0;
  absl::Time queued_at{};
  absl::Time refused_at{};
  v1::Receipt receipt{};  // with its findings
};

// Everything that is kept, each list by number.
struct OutboxContent {
  std::vector<QueuedReport> queued{};
  std::vector<Refusal> refused{};
};

struct OutboxChange {
  std::vector<NewReport> added{};
  std::vector<std::int64_t> removed{};  // reports that have their outcome
  std::vector<Refusal> refused{};
  std::vector<std::int64_t> forgotten{};  // refusals to keep no longer

  bool empty() const {
    return added.empty() && removed.empty() && refused.empty() && forgotten.empty();
  }
};

// Where an outbox keeps its reports. Blocks; one caller at a time.
class OutboxStore {
 public:
  OutboxStore() = default;
  OutboxStore(const OutboxStore&) = delete;
  OutboxStore& operator=(const OutboxStore&) = delete;
  virtual ~OutboxStore() = default;

  virtual absl::StatusOr<OutboxContent> Read() = 0;

  // All of the change or, with an error, none of it; durable once it returned OK. Forgets last, as
  // a refusal may come and go in one change. Errors carry a reason, and a time after which to try
  // again.
  virtual absl::Status Apply(const OutboxChange& change) = 0;

  // `submitted` of each report; empty where the disk has lost it. REQUIRES: they were kept.
  virtual absl::StatusOr<std::vector<std::string>> ReadSubmitted(
      const std::vector<std::int64_t>& numbers) = 0;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_STORE_H_
