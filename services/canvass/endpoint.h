#ifndef CANVASS_SERVICES_CANVASS_ENDPOINT_H_
#define CANVASS_SERVICES_CANVASS_ENDPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace canvass {

// A service that the command talks to.
struct Endpoint {
  std::string service{};  // for people, e.g. "publisher"
  std::string address{};  // host:port
  absl::Duration timeout = absl::Seconds(10);
};

// The error of a call. Where no service answered, it says which one and where it should be.
absl::Status CallError(const Endpoint& endpoint, const grpc::Status& status);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ENDPOINT_H_
