#include "common/rpc/call_origin.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/string_ref.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/uuid.h"
#include "common/rpc/caller.h"
#include "common/telemetry/trace_context.h"

namespace canvass::rpc {
namespace {

constexpr std::size_t kRequestIdBytesMax = 64;

std::string_view MetadataOf(const grpc::ServerContextBase& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// Whether a caller's id is one that anybody would choose, and nothing to be careful with.
bool IsRequestId(std::string_view id) {
  const auto is_usual = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= kRequestIdBytesMax &&
         std::all_of(id.begin(), id.end(), is_usual);
}

}  // namespace

std::string TraceparentOf(const grpc::ServerContextBase& context) {
  const std::string_view given = MetadataOf(context, "traceparent");
  if (given.empty() || !telemetry::ParseTraceparent(given)) return "";
  return std::string(given);
}

CallOrigin OriginOf(const grpc::ServerContextBase& context) {
  const std::string_view id = MetadataOf(context, "x-request-id");
  return {.request_id = IsRequestId(id) ? std::string(id) : RandomUuid(),
          .identity = CallerOf(context),
          .traceparent = TraceparentOf(context)};
}

void AddTrace(const std::string& traceparent, telemetry::LogFields& fields) {
  if (traceparent.empty()) return;
  std::optional<telemetry::TraceContext> trace = telemetry::ParseTraceparent(traceparent);
  if (!trace) return;
  fields.push_back({"trace_id", std::move(trace->trace_id)});
  fields.push_back({"span_id", std::move(trace->span_id)});
}

void CallOrigin::AddTo(telemetry::LogFields& fields) const {
  fields.push_back({"request_id", request_id});
  fields.push_back({"identity", identity});
  AddTrace(traceparent, fields);
}

}  // namespace canvass::rpc
