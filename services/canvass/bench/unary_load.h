#ifndef CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_
#define CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/channel_tls.h"

namespace canvass::cli::bench {

struct UnaryLoad {
  std::string address{};
  std::shared_ptr<rpc::ChannelTls> tls{};  // null for no TLS
  std::string method{};                    // "/package.Service/Method"
  int in_flight = 64;
  // Returns the request of call number `index`, or null if there are no more. Called from any
  // thread.
  std::function<const grpc::ByteBuffer*(std::size_t index)> request_at{};
  // Checks the response of call number `index`. Called from any thread.
  std::function<absl::Status(std::size_t index, const grpc::ByteBuffer& response)> check{};
};

struct LoadOutcome {
  double calls_per_second = 0;
  std::vector<double> latencies_ms{};  // one for each call
};

// Makes the calls on one connection, with `in_flight` calls at any time. Blocks. Stops at the first
// call that fails or has a wrong response, and returns its error.
absl::StatusOr<LoadOutcome> RunLoad(const UnaryLoad& load);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_
