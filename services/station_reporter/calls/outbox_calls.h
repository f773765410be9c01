#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_OUTBOX_CALLS_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_OUTBOX_CALLS_H_

#include "absl/status/status.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "services/station_reporter/outbox/outbox.h"

namespace canvass::station_reporter {

// The answer of ListOutbox, without whether the aggregator was reached. The proto says what it
// returns.
absl::Status ListOutbox(const Outbox& outbox, const reporter::v1::ListOutboxRequest& request,
                        reporter::v1::ListOutboxResponse& response);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_OUTBOX_CALLS_H_
