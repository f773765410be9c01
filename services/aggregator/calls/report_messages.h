#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_MESSAGES_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_MESSAGES_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"

// The messages of RecordReports, which are read and written as bytes.
namespace canvass::aggregator {

// A limit that is part of the contract.
inline constexpr std::size_t kReportsPerMessageMax = 4'000;

// Reads a RecordReportsRequest. Returns INVALID_ARGUMENT MESSAGE_MALFORMED, TOO_MANY_REPORTS or
// ACTOR_INVALID. The rules on reports belong to the core.
absl::StatusOr<std::vector<SubmittedReport>> ParseReports(const grpc::ByteBuffer& buffer);

// The bytes of a RecordReportsResponse.
grpc::ByteBuffer SerializeReceipts(const std::vector<Receipt>& receipts);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_REPORT_MESSAGES_H_
