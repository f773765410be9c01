#ifndef CANVASS_SERVICES_CANVASS_FETCH_RECORDED_H_
#define CANVASS_SERVICES_CANVASS_FETCH_RECORDED_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/canvass/import_plan.h"

namespace canvass {

class PublisherClient;

// What a publisher has of the stations of the sheet's election, contest and source, at
// `min_sequence` or later; waits while the publisher is not there yet.
absl::StatusOr<RecordedStations> FetchRecorded(const PublisherClient& publisher,
                                               const CheckedSheet& sheet,
                                               std::int64_t min_sequence);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_FETCH_RECORDED_H_
