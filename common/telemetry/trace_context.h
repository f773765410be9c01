#ifndef CANVASS_COMMON_TELEMETRY_TRACE_CONTEXT_H_
#define CANVASS_COMMON_TELEMETRY_TRACE_CONTEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace canvass::telemetry {

// Which trace a call belongs to, and which step of it made the call: the ids of W3C Trace Context
// (https://www.w3.org/TR/trace-context/), as lower-case hexadecimal digits.
struct TraceContext {
  std::string trace_id{};  // 32 digits
  std::string span_id{};   // 16 digits

  bool operator==(const TraceContext&) const = default;
};

// Whether `text` may be a trace_id.
bool IsTraceId(std::string_view text);

// Reads a `traceparent`, e.g. "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01". Returns
// nullopt if it is not well-formed, as for one that the standard says must be ignored.
std::optional<TraceContext> ParseTraceparent(std::string_view traceparent);

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_TRACE_CONTEXT_H_
