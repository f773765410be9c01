#include "common/service/aggregator_flag.h"

#include <string>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"

ABSL_FLAG(std::string, aggregator, "127.0.0.1:50062",
          "Address of the aggregator, host:port. Separate several addresses by commas.");

namespace canvass::service {

absl::StatusOr<std::string> AggregatorAddress() {
  std::string address = absl::GetFlag(FLAGS_aggregator);
  if (address.empty()) {
    return FieldError(reason::kFlagEmpty, "aggregator", "is required, e.g. 127.0.0.1:50062");
  }
  return address;
}

}  // namespace canvass::service
