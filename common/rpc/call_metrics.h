#ifndef CANVASS_COMMON_RPC_CALL_METRICS_H_
#define CANVASS_COMMON_RPC_CALL_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/telemetry/histogram.h"
#include "common/telemetry/metric_sheet.h"

namespace canvass::rpc {

// Counts of the calls of one method. Thread-safe.
class MethodMetrics {
 public:
  // `full_name` is "/package.Service/Method"; `type` as in go-grpc-prometheus, e.g. "unary".
  MethodMetrics(std::string_view full_name, std::string_view type);

  void Start() { started_.fetch_add(1, std::memory_order_relaxed); }
  void Receive() { received_.fetch_add(1, std::memory_order_relaxed); }
  void Send() { sent_.fetch_add(1, std::memory_order_relaxed); }
  // `code` is a grpc::StatusCode.
  void End(int code, absl::Duration took);

  void AddTo(telemetry::MetricSheet& sheet) const;

 private:
  using Counter = std::atomic<std::uint64_t>;
  static constexpr std::size_t kCodes = 17;  // OK to UNAUTHENTICATED

  telemetry::MetricLabels Labels() const;

  const std::string service_;
  const std::string method_;
  const std::string type_;
  Counter started_ = 0;
  Counter received_ = 0;
  Counter sent_ = 0;
  std::array<Counter, kCodes> ended_{};
  telemetry::Histogram seconds_{telemetry::Histogram::SecondsBounds()};
};

// Counts of all calls of a server, under the names that go-grpc-prometheus made usual. Methods that
// no service of the server has count together as "unknown", so that no caller makes up new series.
// Thread-safe.
class CallMetrics {
 public:
  // `key` is a pointer that stands for the method as long as the server lives.
  MethodMetrics& Find(const void* key, std::string_view full_name, std::string_view type);
  MethodMetrics& unknown() { return unknown_; }

  void AddTo(telemetry::MetricSheet& sheet) const;

 private:
  MethodMetrics unknown_{"/unknown/unknown", "unknown"};
  mutable SharedMutex mutex_;
  // By key. The map only grows, to as many as there are methods.
  absl::flat_hash_map<const void*, std::unique_ptr<MethodMetrics>> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CALL_METRICS_H_
