#ifndef CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_
#define CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
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
    for (const auto& [number, report] : queued_) content.queued.push_back(report.queued);
    for (const auto& [number, refusal] : refused_) content.refused.push_back(refusal);
    return content;
  }

  absl::Status Apply(const station_reporter::OutboxChange& change) override {
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    ++applied_;
    for (const std::int64_t number : change.removed) queued_.erase(number);
    for (const auto& report : change.added) queued_[report.queued.number] = report;
    for (const auto& refusal : change.refused) refused_[refusal.number] = refusal;
    for (const std::int64_t number : change.forgotten) refused_.erase(number);
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
      submitted.push_back(found == queued_.end() ? "" : found->second.submitted);
    }
    return submitted;
  }

 private:
  mutable Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int applied_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, station_reporter::NewReport> queued_ ABSL_GUARDED_BY(mutex_);
  std::map<std::int64_t, station_reporter::OutboxRefusal> refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_MEMORY_OUTBOX_STORE_H_
