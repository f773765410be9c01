#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_QUESTION_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_QUESTION_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/v1/result.pb.h"
#include "common/base/reason.h"
#include "common/rpc/result_proto.h"
#include "services/publisher/board/published_election.h"

// Resolves the ids of a request to numbers of the definition, with the defaults and errors of the
// service.
namespace canvass::publisher {

struct ContestAndSource {
  int contest_no = 0;
  int source_no = 0;
};

// Returns the named source, or the only official one if `source_id` is empty. Fails with NOT_FOUND
// SOURCE_UNKNOWN, INVALID_ARGUMENT SOURCE_MISSING or FAILED_PRECONDITION SOURCE_EMBARGOED.
absl::StatusOr<int> FindVisibleSource(const PublishedElection& election,
                                      std::string_view source_id);

// Returns the named contest, or the only one if `contest_id` is empty, and the source. Fails like
// FindVisibleSource, or with NOT_FOUND CONTEST_UNKNOWN or INVALID_ARGUMENT CONTEST_MISSING.
absl::StatusOr<ContestAndSource> FindContestAndSource(const PublishedElection& election,
                                                      std::string_view contest_id,
                                                      std::string_view source_id);

// Returns the named area, or the contest's whole area if `area_id` is empty or names an area above
// it. Fails with NOT_FOUND AREA_UNKNOWN or AREA_NOT_IN_CONTEST.
absl::StatusOr<int> FindAreaOfContest(const PublishedElection& election, int contest_no,
                                      std::string_view area_id);

// Returns the named station. Fails with INVALID_ARGUMENT STATION_MISSING, or NOT_FOUND
// STATION_UNKNOWN or STATION_NOT_IN_CONTEST.
absl::StatusOr<int> FindStationOfContest(const PublishedElection& election, int contest_no,
                                         std::string_view station_id);

// Returns the question about an area, a station (whose id is in `area_id`), or an area and a tag.
// Fails like FindAreaOfContest and FindStationOfContest, with NOT_FOUND TAG_UNKNOWN, or with
// INVALID_ARGUMENT TAG_OF_STATION for a tag with a station.
absl::StatusOr<rpc::ResultQuestion> FindQuestion(const PublishedElection& election,
                                                 const ContestAndSource& asked,
                                                 std::string_view area_id, std::string_view tag);

// Returns NOT_FOUND TAG_UNKNOWN if no station has the tag, and OK for an empty tag. Without this
// error, such a result would show 0 of 0 stations.
absl::Status CheckTag(const election::Definition& definition, std::string_view tag);
// Returns those of `areas` that are of this kind, or all of them for an empty kind. Fails with
// NOT_FOUND KIND_UNKNOWN if no area of the election is of this kind.
absl::StatusOr<std::vector<int>> AreasOfKind(const election::Definition& definition,
                                             std::vector<int> areas, std::string_view kind);

// Returns the newest result for `question`.
canvass::v1::Result ResultOf(const PublishedElection& election,
                             const rpc::ResultQuestion& question);

// Returns INVALID_ARGUMENT for an id that is required. `reason` is e.g. "STATION_MISSING", and
// `field` e.g. "station_id".
absl::Status MissingError(const Reason& reason, std::string_view field);
// Returns NOT_FOUND, naming the id. `what` is e.g. "area", `reason` e.g. "AREA_UNKNOWN", and
// `field` e.g. "area_id".
absl::Status UnknownError(std::string_view what, const Reason& reason, std::string_view field,
                          std::string_view id);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_QUESTION_H_
