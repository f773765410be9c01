#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_PROTO_JSON_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_PROTO_JSON_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

// Protobuf's JSON, as grpcurl writes it. Field names may have either spelling (station_id,
// stationId). 64-bit integers are written in quotes and may be read without quotes.
namespace canvass::cli {

// Reads `json` into `message`. Returns INVALID_ARGUMENT JSON_MALFORMED, also for fields that the
// message does not have. The error names `origin` (a file) and the field.
absl::Status ParseProtoJson(std::string_view json, const std::string& origin,
                            google::protobuf::Message& message);

// The same for the content of `file`, see ReadInput, whose errors it returns too.
absl::Status ReadProtoJson(const std::string& file, google::protobuf::Message& message);

// Returns JSON on several lines. Fields without presence are written even if they are 0 or empty.
std::string ToPrettyJson(const google::protobuf::Message& message);
// Returns the same JSON on one line, without a newline at the end.
std::string ToJsonLine(const google::protobuf::Message& message);

// Splits a text into its JSON objects: either the elements of one array or objects one after the
// other, for example JSON Lines. Returns INVALID_ARGUMENT JSON_MALFORMED with the line.
absl::StatusOr<std::vector<std::string>> SplitJsonValues(std::string_view text,
                                                         const std::string& origin);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_PROTO_JSON_H_
