#ifndef CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_
#define CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass::bench {

struct UnaryLoad {
  std::string address{};
  std::string method{};  // "/package.Service/Method"
  int in_flight = 64;
  // The message of call number `index`; null when there are no more. From any thread.
  std::function<const grpc::ByteBuffer*(std::size_t index)> request_at{};
  // Whether the answer of call number `index` is right. From any thread.
  std::function<absl::Status(std::size_t index, const grpc::ByteBuffer& response)> check{};
};

struct LoadOutcome {
  double calls_per_second = 0;
  std::vector<double> latencies_ms{};  // of each call
};

// Makes the calls on one connection, always `in_flight` at once. Blocks. The first call that fails
// or is answered wrongly ends it.
absl::StatusOr<LoadOutcome> RunLoad(const UnaryLoad& load);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_UNARY_LOAD_H_
