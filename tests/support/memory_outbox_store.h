#ifndef CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_
#define CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/ledger/merkle.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::testing {

// Keeps an outbox in memory. An outbox that is opened on it again finds what the one before had
// applied, as after a crash. Thread-safe, so that tests can look and break it meanwhile.
class MemoryOutboxStore final : public station_reporter::OutboxStore {
 public:
  // Until it is OK again every call fails with it.
  void FailWith(absl::Status status) {
    const MutexLock lock(mutex_);
    failure_ = std::move(status);
  }

  // Changes a report on the disk, and leaves its RowDigest as it is.
  void Damage(std::int64_t number) {
    const MutexLock lock(mutex_);
    queued_.at(number).report.submitted += "damage";
  }

  // Changes that were applied.
  int applied() const {
    const MutexLock lock(mutex_);
    return applied_;
  }
  std::vector<std::int64_t> numbers() const {
    const MutexLock lock(mutex_);
    std::vector<std::int64_t> numbers;
    for (const auto& [number, report] : queued_) numbers.push_back(number);
    return numbers;
  }

  absl::StatusOr<station_reporter::OutboxContent> Read() override {
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    station_reporter::OutboxContent content;
    for (const auto& [number, row] : queued_) {
      const station_reporter::QueuedReport& queued = row.report.queued;
      if (row.IsIntact()) {
        content.queued.push_back(queued);
      } else {
        content.damaged.push_back(
            {.number = number, .key = queued.key, .queued_at = queued.queued_at});
      }
    }
    for (const auto& [number, refusal] : refused_) content.refused.push_back(refusal);
    content.elections.assign(elections_.begin(), elections_.end());
    return content;
  }

  absl::Status Apply(const station_reporter::OutboxChange& change) override {
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    ++applied_;
    for (const std::int64_t number : change.removed) queued_.erase(number);
    for (station_reporter::NewReport report : change.added) {
      report.queued.caller = station_reporter::kNobody;
      const ledger::Hash digest = station_reporter::RowDigest(report);
      const std::int64_t number = report.queued.number;
      queued_[number] = {.report = std::move(report), .digest = digest};
    }
    for (const auto& refusal : change.refused) refused_[refusal.number] = refusal;
    for (const std::int64_t number : change.forgotten) refused_.erase(number);
    elections_.insert(change.elections.begin(), change.elections.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> ReadSubmitted(
      const std::vector<std::int64_t>& numbers) override {
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    std::vector<std::string> submitted;
    submitted.reserve(numbers.size());
    for (const std::int64_t number : numbers) {
      const auto found = queued_.find(number);
      const bool is_intact = found != queued_.end() && found->second.IsIntact();
      submitted.push_back(is_intact ? found->second.report.submitted : "");
    }
    return submitted;
  }

 private:
  struct Row {
    station_reporter::NewReport report{};
    ledger::Hash digest{};

    bool IsIntact() const { return station_reporter::RowDigest(report) == digest; }
  };

  mutable Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int applied_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, Row> queued_ ABSL_GUARDED_BY(mutex_);
  std::map<std::int64_t, station_reporter::OutboxRefusal> refused_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> elections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_
