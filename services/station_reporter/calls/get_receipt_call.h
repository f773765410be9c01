#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_GET_RECEIPT_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_GET_RECEIPT_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/server_callback.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "services/station_reporter/link/aggregator_link.h"
#include "services/station_reporter/outbox/outbox.h"

namespace canvass::station_reporter {

// One call of GetReceipt. Asks the aggregator. Answers from the outbox if the aggregator does not
// know the report or cannot be reached, or if the outbox has a newer revision than the aggregator.
// Deletes itself when the call is over.
class GetReceiptCall final : public grpc::ServerUnaryReactor {
 public:
  // `outbox` is null if there is none. `link`, `outbox`, `request` and `response` must outlive the
  // call. `time_left` is what remains of the caller's deadline.
  GetReceiptCall(AggregatorLink& link, const Outbox* outbox, absl::Duration time_left,
                 const reporter::v1::GetReceiptRequest& request,
                 reporter::v1::GetReceiptResponse* response);

  void OnCancel() override { context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  ~GetReceiptCall() override = default;

  void Answer(const grpc::Status& status);
  // Returns the outbox's receipt if it replaces the aggregator's answer.
  std::optional<v1::Receipt> AskOutbox(const absl::Status& answered) const;

  AggregatorLink& link_;
  const Outbox* const outbox_;
  reporter::v1::GetReceiptResponse* const response_;
  grpc::ClientContext context_;
  // Looked up before the aggregator is asked: meanwhile the report may be sent and leave the
  // outbox.
  std::optional<v1::Receipt> queued_;
  aggregator::v1::GetReceiptRequest forwarded_;
  aggregator::v1::GetReceiptResponse answer_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_GET_RECEIPT_CALL_H_
