#ifndef CANVASS_SERVICES_CANVASS_PROTO_JSON_H_
#define CANVASS_SERVICES_CANVASS_PROTO_JSON_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

// Messages in protobuf's JSON, as grpcurl writes it. Field names may be given in either spelling
// (station_id, stationId); 64-bit integers are written in quotes and may be read without them.
namespace canvass {

// Reads `json` into `message`. INVALID_ARGUMENT JSON_MALFORMED, naming `origin` (a file) and the
// field, also for fields that the message does not have.
absl::Status ParseProtoJson(std::string_view json, const std::string& origin,
                            google::protobuf::Message& message);

// Several lines, zeros included.
std::string ToPrettyJson(const google::protobuf::Message& message);
// One line without an end.
std::string ToJsonLine(const google::protobuf::Message& message);

// The JSON values of a text: the elements of one array, or objects one after the other (also one a
// line, as JSON Lines). INVALID_ARGUMENT JSON_MALFORMED names the line.
absl::StatusOr<std::vector<std::string>> SplitJsonValues(std::string_view text,
                                                         const std::string& origin);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_PROTO_JSON_H_
