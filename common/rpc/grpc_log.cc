#include "common/rpc/grpc_log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/telemetry/log.h"

namespace canvass::rpc {
namespace {

void FromGrpc(gpr_log_func_args* line) {
  telemetry::LogDebug(absl::StrCat("grpc: ", line->message));
}

void FromProtobuf(google::protobuf::LogLevel /*level*/, const char* /*file*/, int /*line*/,
                  const std::string& message) {
  telemetry::LogDebug(absl::StrCat("protobuf: ", message));
}

}  // namespace

void RouteGrpcLog() {
  static const bool routed = [] {
    gpr_set_log_function(FromGrpc);
    google::protobuf::SetLogHandler(FromProtobuf);
    return true;
  }();
  static_cast<void>(routed);
}

}  // namespace canvass::rpc
