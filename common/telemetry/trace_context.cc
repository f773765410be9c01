#include "common/telemetry/trace_context.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace canvass::telemetry {
namespace {

// "VV-TRACE-SPAN-FF"; a later version may have more behind another hyphen.
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kSpanAt = kTraceAt + kTraceDigits + 1;
constexpr std::size_t kSpanDigits = 16;
constexpr std::size_t kFlagsAt = kSpanAt + kSpanDigits + 1;
constexpr std::size_t kSize = kFlagsAt + 2;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Ids of zeros alone are invalid.
bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool HasExtent(std::string_view text, bool is_first_version) {
  if (text.size() == kSize) return true;
  return text.size() > kSize && !is_first_version && text[kSize] == '-';
}

}  // namespace

bool IsTraceId(std::string_view text) { return text.size() == kTraceDigits && IsId(text); }

std::optional<TraceContext> ParseTraceparent(std::string_view traceparent) {
  const std::string_view version = traceparent.substr(0, 2);
  if (!HasExtent(traceparent, version == "00")) return std::nullopt;
  const std::string_view trace = traceparent.substr(kTraceAt, kTraceDigits);
  const std::string_view span = traceparent.substr(kSpanAt, kSpanDigits);
  const bool hyphens = traceparent[kTraceAt - 1] == '-' && traceparent[kSpanAt - 1] == '-' &&
                       traceparent[kFlagsAt - 1] == '-';
  const bool valid = hyphens && IsHex(version) && version != "ff" && IsId(trace) && IsId(span) &&
                     IsHex(traceparent.substr(kFlagsAt, 2));
  if (!valid) return std::nullopt;
  return TraceContext{.trace_id = std::string(trace), .span_id = std::string(span)};
}

}  // namespace canvass::telemetry
