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

namespace canvass::bench {

// Reports as messages of SubmitReports, ready to send: as much prepared before the clock runs as
// the file is that psql copies.
std::vector<grpc::ByteBuffer> PrepareMessages(const BenchElection& election,
                                              const std::vector<std::int64_t>& stations,
                                              int reports_per_message);

struct StreamOutcome {
  absl::Duration took{};           // from the first message to the last receipt
  std::int64_t last_sequence = 0;  // that a receipt named
};

// Sends the messages on one stream, as fast as the reporter takes them, and reads the receipts. An
// error unless each of the `reports` reports is acknowledged as recorded, none of them twice.
absl::StatusOr<StreamOutcome> SendMessages(const std::string& reporter,
                                           const std::vector<grpc::ByteBuffer>& messages,
                                           std::size_t reports);

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_REPORT_STREAM_LOAD_H_
