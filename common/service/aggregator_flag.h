#ifndef CANVASS_COMMON_SERVICE_AGGREGATOR_FLAG_H_
#define CANVASS_COMMON_SERVICE_AGGREGATOR_FLAG_H_

#include <string>

#include "absl/status/statusor.h"

namespace canvass::service {

// Returns the value of --aggregator, a flag of the services that call the aggregator: host:port, or
// several of them separated by commas. Returns INVALID_ARGUMENT FLAG_EMPTY if it is empty.
absl::StatusOr<std::string> AggregatorAddress();

}  // namespace canvass::service

#endif  // CANVASS_COMMON_SERVICE_AGGREGATOR_FLAG_H_
