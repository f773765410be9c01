#ifndef CANVASS_SERVICES_CANVASS_BENCH_REPORT_STREAM_LOAD_H_
#define CANVASS_SERVICES_CANVASS_BENCH_REPORT_STREAM_LOAD_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Serializes reports as messages of SubmitReports before the measurement starts. This matches the
// baseline, whose file is prepared before psql copies it.
std::vector<grpc::ByteBuffer> PrepareMessages(const BenchElection& election,
                                              const std::vector<std::int64_t>& stations,
                                              int reports_per_message);

struct StreamOutcome {
  absl::Duration took{};           // from the first message to the last receipt
  std::int64_t last_sequence = 0;  // largest sequence in a receipt
};

// Sends the messages on one stream as fast as the reporter reads them, and reads the receipts.
// Returns an error unless all `reports` reports are acknowledged as RECORDED, none of them as a
// repetition.
absl::StatusOr<StreamOutcome> SendMessages(const CommonOptions& services,
                                           const std::vector<grpc::ByteBuffer>& messages,
                                           std::size_t reports);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_REPORT_STREAM_LOAD_H_
