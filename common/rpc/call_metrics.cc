#include "common/rpc/call_metrics.h"

#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace canvass::rpc {
namespace {

// By number of the code.
constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string ServiceOf(std::string_view full_name) {
  return std::string(full_name.substr(1, full_name.rfind('/') - 1));
}

std::string MethodOf(std::string_view full_name) {
  return std::string(full_name.substr(full_name.rfind('/') + 1));
}

double CountOf(const std::atomic<std::uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

}  // namespace

MethodMetrics::MethodMetrics(std::string_view full_name, std::string_view type)
    : service_(ServiceOf(full_name)), method_(MethodOf(full_name)), type_(type) {}

void MethodMetrics::End(int code, absl::Duration took) {
  const bool known = code >= 0 && static_cast<std::size_t>(code) < kCodes;
  const int counted = known ? code : static_cast<int>(grpc::StatusCode::UNKNOWN);
  ended_[static_cast<std::size_t>(counted)].fetch_add(1, std::memory_order_relaxed);
  seconds_.Observe(absl::ToDoubleSeconds(took));
}

telemetry::MetricLabels MethodMetrics::Labels() const {
  return {{"grpc_service", service_}, {"grpc_method", method_}, {"grpc_type", type_}};
}

void MethodMetrics::AddTo(telemetry::MetricSheet& sheet) const {
  const telemetry::MetricLabels labels = Labels();
  sheet.AddCounter("grpc_server_started_total", "Calls that were started.", CountOf(started_),
                   labels);
  sheet.AddCounter("grpc_server_msg_received_total", "Messages of calls that were received.",
                   CountOf(received_), labels);
  sheet.AddCounter("grpc_server_msg_sent_total", "Messages of calls that were sent.",
                   CountOf(sent_), labels);
  sheet.AddHistogram("grpc_server_handling_seconds",
                     "Time from the start of a call until its status was given.", seconds_, labels);
  for (std::size_t code = 0; code < kCodes; ++code) {
    if (CountOf(ended_[code]) == 0) continue;
    telemetry::MetricLabels with_code = labels;
    with_code.emplace_back("grpc_code", kCodeNames[code]);
    sheet.AddCounter("grpc_server_handled_total", "Calls that were given a status.",
                     CountOf(ended_[code]), with_code);
  }
}

MethodMetrics& CallMetrics::Find(const void* key, std::string_view full_name,
                                 std::string_view type) {
  {
    const ReaderLock lock(mutex_);
    const auto found = methods_.find(key);
    if (found != methods_.end()) return *found->second;
  }
  const WriterLock lock(mutex_);
  std::unique_ptr<MethodMetrics>& added = methods_[key];
  if (added == nullptr) added = std::make_unique<MethodMetrics>(full_name, type);
  return *added;
}

void CallMetrics::AddTo(telemetry::MetricSheet& sheet) const {
  unknown_.AddTo(sheet);
  const ReaderLock lock(mutex_);
  for (const auto& [key, method] : methods_) method->AddTo(sheet);
}

}  // namespace canvass::rpc
