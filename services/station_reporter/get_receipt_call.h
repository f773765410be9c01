#ifndef CANVASS_SERVICES_STATION_REPORTER_GET_RECEIPT_CALL_H_
#define CANVASS_SERVICES_STATION_REPORTER_GET_RECEIPT_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/server_callback.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "services/station_reporter/aggregator_link.h"
#include "services/station_reporter/outbox.h"

namespace canvass::station_reporter {

// One call of GetReceipt: asks the aggregator, and says what the outbox knows where that knows
// nothing. Deletes itself when the call is over.
class GetReceiptCall final : public grpc::ServerUnaryReactor {
 public:
  // `outbox` is null where there is none. `link`, `outbox`, `request` and `response` outlive the
  // call.
  GetReceiptCall(AggregatorLink& link, const Outbox* outbox, absl::Duration time_left,
                 const reporter::v1::GetReceiptRequest& request,
                 reporter::v1::GetReceiptResponse* response);

  void OnCancel() override { context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  ~GetReceiptCall() override = default;

  void Answer(const grpc::Status& status);
  // What the outbox has to say after that; absent: nothing.
  std::optional<v1::Receipt> AskOutbox(const absl::Status& answered) const;

  AggregatorLink& link_;
  const Outbox* const outbox_;
  reporter::v1::GetReceiptResponse* const response_;
  grpc::ClientContext context_;
  // From before the aggregator was asked: it may have been sent and have left the outbox meanwhile.
  std::optional<v1::Receipt> queued_;
  aggregator::v1::GetReceiptRequest forwarded_;
  aggregator::v1::GetReceiptResponse answer_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_GET_RECEIPT_CALL_H_
