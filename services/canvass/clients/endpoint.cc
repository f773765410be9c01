#include "services/canvass/clients/endpoint.h"

#include <grpcpp/support/status.h>

#include "common/base/error.h"
#include "common/rpc/status.h"
#include "fmt/format.h"

namespace canvass::cli {

absl::Status CallError(const Endpoint& endpoint, const grpc::Status& status) {
  const absl::Status error = rpc::FromGrpcStatus(status);
  // Canvass's services always give a reason. Without one, the error comes from gRPC itself.
  if (!DetailOf(error).reason.empty()) return error;
  const std::string message(error.message());
  if (absl::IsUnavailable(error)) {
    return absl::UnavailableError(fmt::format("The {} at {} cannot be reached: {}",
                                              endpoint.service, endpoint.address, message));
  }
  if (absl::IsDeadlineExceeded(error)) {
    return absl::DeadlineExceededError(fmt::format("The {} at {} did not answer within {}",
                                                   endpoint.service, endpoint.address,
                                                   absl::FormatDuration(endpoint.timeout)));
  }
  return error;
}

}  // namespace canvass::cli
