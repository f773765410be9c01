#ifndef CANVASS_SERVICES_AGGREGATOR_READ_CALL_H_
#define CANVASS_SERVICES_AGGREGATOR_READ_CALL_H_

#include "absl/status/status.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/ledger_writer.h"

namespace canvass::aggregator {

// Whether a unary call can be answered here and now.
inline absl::Status CheckCall(const grpc::CallbackServerContext& context,
                              const LedgerWriter& writer) {
  const absl::Status deadline = rpc::CheckDeadline(context);
  return deadline.ok() ? writer.Lead() : deadline;
}

// Answers a unary call with what `read`, an absl::Status(const LedgerBook::Contents&), finds.
template <typename Read>
grpc::ServerUnaryReactor* AnswerFromBook(grpc::CallbackServerContext* context,
                                         const LedgerWriter& writer, const LedgerBook& book,
                                         Read read) {
  absl::Status status = CheckCall(*context, writer);
  if (status.ok()) status = book.Reading(read);
  return rpc::Finish(context, status);
}

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_READ_CALL_H_
