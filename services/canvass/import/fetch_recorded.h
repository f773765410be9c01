#ifndef CANVASS_SERVICES_CANVASS_IMPORT_FETCH_RECORDED_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_FETCH_RECORDED_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/canvass/import/import_plan.h"

namespace canvass::cli {

class PublisherClient;

// Fetches the recorded reports of the sheet's election, contest and source from a publisher, at
// `min_sequence` or later. Waits up to 30 s for the publisher to reach that sequence.
absl::StatusOr<RecordedStations> FetchRecorded(const PublisherClient& publisher,
                                               const CheckedSheet& sheet,
                                               std::int64_t min_sequence);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_FETCH_RECORDED_H_
