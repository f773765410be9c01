#ifndef CANVASS_SERVICES_STATION_REPORTER_CALLS_RECEIPT_LOG_H_
#define CANVASS_SERVICES_STATION_REPORTER_CALLS_RECEIPT_LOG_H_

#include "canvass/v1/report.pb.h"
#include "common/rpc/call_origin.h"

namespace canvass::station_reporter {

// Logs, at level debug, which receipt a call got.
void LogReceipt(const v1::Receipt& receipt, const rpc::CallOrigin& origin);

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_CALLS_RECEIPT_LOG_H_
