#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_READ_CALL_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_READ_CALL_H_

#include "absl/status/status.h"
#include "common/identity/policy.h"
#include "common/rpc/caller.h"
#include "common/rpc/deadline.h"
#include "common/rpc/list_calls.h"
#include "common/rpc/message.h"
#include "common/rpc/status.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// Checks whether a unary call can be answered at once: the caller may make it, its deadline is
// valid and has not passed, and this aggregator leads.
inline absl::Status CheckCall(const grpc::CallbackServerContext& context, identity::Call call,
                              const LedgerWriter& writer) {
  absl::Status status = rpc::CheckCaller(context, call);
  if (status.ok()) status = rpc::CheckDeadline(context);
  return status.ok() ? writer.Lead() : status;
}

// Finishes a unary call with the status that `read` returns. `read` is an absl::Status(const
// CommittedLedgers::Contents&) and fills in the response.
template <typename Read>
grpc::ServerUnaryReactor* AnswerFromCommitted(grpc::CallbackServerContext* context,
                                              identity::Call call,
                                              const google::protobuf::Message& request,
                                              const LedgerWriter& writer,
                                              const CommittedLedgers& committed, Read read) {
  absl::Status status = CheckCall(*context, call, writer);
  if (status.ok()) status = rpc::CheckSize(request);
  if (status.ok()) status = committed.Reading(read);
  return rpc::Finish(context, status);
}

// The same for a call that is answered with a list.
template <typename Read>
grpc::ServerUnaryReactor* ListFromCommitted(grpc::CallbackServerContext* context,
                                            identity::Call call,
                                            const google::protobuf::Message& request,
                                            const google::protobuf::Message& response,
                                            const LedgerWriter& writer,
                                            const CommittedLedgers& committed,
                                            rpc::ListCalls& lists, Read read) {
  const absl::Status permitted = rpc::CheckCaller(*context, call);
  if (!permitted.ok()) return rpc::Finish(context, permitted);
  return lists.Reply(context, request, response, [&writer, &committed, read]() -> absl::Status {
    const absl::Status lead = writer.Lead();
    return lead.ok() ? committed.Reading(read) : lead;
  });
}

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_READ_CALL_H_
