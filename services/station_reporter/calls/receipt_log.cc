#include "services/station_reporter/calls/receipt_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/telemetry/log.h"
#include "common/telemetry/log_line.h"

namespace canvass::station_reporter {

void LogReceipt(const v1::Receipt& receipt, const rpc::CallOrigin& origin) {
  const v1::ReportKey& key = receipt.key();
  telemetry::LogFields fields = {
      {"state", v1::ReceiptState_Name(receipt.state())},
      {"election", key.election_id()},
      {"station", key.station_id()},
      {"revision", absl::StrCat(key.revision())},
      {"sequence", receipt.sequence() == 0 ? "" : absl::StrCat(receipt.sequence())}};
  origin.AddTo(fields);
  telemetry::LogDebug("answered a report", fields);
}

}  // namespace canvass::station_reporter
