#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_ENDPOINT_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_ENDPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace canvass::cli {

// Service that a command calls.
struct Endpoint {
  std::string service{};  // for people, e.g. "publisher"
  std::string address{};  // host:port
  absl::Duration timeout = absl::Seconds(10);
};

// Converts the error of a call. If no service responded, the message names the service and its
// address.
absl::Status CallError(const Endpoint& endpoint, const grpc::Status& status);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_ENDPOINT_H_
