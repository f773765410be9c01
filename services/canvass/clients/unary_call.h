#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_UNARY_CALL_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_UNARY_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/channel.h"
#include "services/canvass/clients/endpoint.h"

namespace canvass::cli {

// Makes one call with the endpoint's deadline and converts its status.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(const Endpoint& endpoint, Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, endpoint.timeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return CallError(endpoint, status);
  return response;
}

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_UNARY_CALL_H_
