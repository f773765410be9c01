#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/telemetry/log.h"

namespace canvass::rpc {
namespace {

void ToOurLog(gpr_log_func_args* line) {
  telemetry::LogDebug(absl::StrCat("grpc: ", line->message));
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(ToOurLog); }

}  // namespace canvass::rpc
