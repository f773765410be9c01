#ifndef CANVASS_SERVICES_PUBLISHER_QUESTION_H_
#define CANVASS_SERVICES_PUBLISHER_QUESTION_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/v1/result.pb.h"
#include "common/rpc/result_proto.h"
#include "services/publisher/shown_election.h"

// From the ids of a request to the numbers of the definition, with the service's defaults and
// errors.
namespace canvass::publisher {

struct ContestAndSource {
  int contest_no = 0;
  int source_no = 0;
};

// The named source, or the only official one. NOT_FOUND SOURCE_UNKNOWN; INVALID_ARGUMENT
// SOURCE_MISSING; FAILED_PRECONDITION SOURCE_EMBARGOED.
absl::StatusOr<int> FindVisibleSource(const ShownElection& election, std::string_view source_id);

// The same with the named contest, or the only one. NOT_FOUND CONTEST_UNKNOWN; INVALID_ARGUMENT
// CONTEST_MISSING.
absl::StatusOr<ContestAndSource> FindContestAndSource(const ShownElection& election,
                                                      std::string_view contest_id,
                                                      std::string_view source_id);

// The named area, or the contest's whole one, which also stands for those above it. NOT_FOUND
// AREA_UNKNOWN, AREA_NOT_IN_CONTEST.
absl::StatusOr<int> FindAreaOfContest(const ShownElection& election, int contest_no,
                                      std::string_view area_id);

// The named station. INVALID_ARGUMENT STATION_MISSING; NOT_FOUND STATION_UNKNOWN,
// STATION_NOT_IN_CONTEST.
absl::StatusOr<int> FindStationOfContest(const ShownElection& election, int contest_no,
                                         std::string_view station_id);

// What an area, a station, or an area and a tag ask about. Also NOT_FOUND TAG_UNKNOWN, and
// INVALID_ARGUMENT TAG_OF_STATION for a tag with a station.
absl::StatusOr<rpc::ResultQuestion> FindQuestion(const ShownElection& election,
                                                 const ContestAndSource& asked,
                                                 std::string_view area_id, std::string_view tag);

// NOT_FOUND TAG_UNKNOWN if no station has the tag; OK for none. What nobody has would look like
// stations that are all missing: none of none.
absl::Status CheckTag(const election::Definition& definition, std::string_view tag);
// NOT_FOUND KIND_UNKNOWN if no area is of this kind; OK for none.
absl::Status CheckAreaKind(const election::Definition& definition, std::string_view kind);

// The newest result of that.
canvass::v1::Result ResultOf(const ShownElection& election, const rpc::ResultQuestion& question);

// INVALID_ARGUMENT about an id that is required. `reason`: e.g. "STATION_MISSING"; `field`: e.g.
// "station_id".
absl::Status MissingError(std::string_view reason, std::string_view field);
// NOT_FOUND naming the id. `what`: e.g. "area"; `reason`: e.g. "AREA_UNKNOWN"; `field`: e.g.
// "area_id".
absl::Status UnknownError(std::string_view what, std::string_view reason, std::string_view field,
                          std::string_view id);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_QUESTION_H_
