#ifndef CANVASS_COMMON_RPC_MESSAGE_FAULTS_H_
#define CANVASS_COMMON_RPC_MESSAGE_FAULTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "canvass/v1/report.pb.h"
#include "common/election/rule.h"

namespace google::protobuf {
class Message;
class Timestamp;
}  // namespace google::protobuf

// What a message can hold, but the core's types cannot. Without these checks it would be lost: a
// field of a newer or mistyped client, or a time that no clock shows. proto/README.md says why they
// refuse instead.
namespace canvass::rpc {

// The first and last second of a Timestamp: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
inline constexpr std::int64_t kTimestampSecondsMin = -62'135'596'800;
inline constexpr std::int64_t kTimestampSecondsMax = 253'402'300'799;
inline constexpr std::int32_t kTimestampNanosMax = 999'999'999;

// Whether `time` lies in the years 1 to 9999 and has 0 to 999 999 999 nanoseconds.
bool IsInRange(const google::protobuf::Timestamp& time);

// Returns a finding FIELD_UNKNOWN for each unknown field and TIME_OUT_OF_RANGE for each Timestamp
// out of range, at any depth of `message`. The field of a finding is the path of the message that
// has the field, "" for `message` itself; its subject is that message's type.
std::vector<election::Finding> FindMessageFaults(const google::protobuf::Message& message);
// Same, and quicker for a report without faults.
std::vector<election::Finding> FindReportFaults(const v1::StationReport& report);

// Returns INVALID_ARGUMENT FIELD_UNKNOWN or TIME_OUT_OF_RANGE with a violation for each fault in
// `request`, a message that is recorded.
absl::Status CheckMessage(const google::protobuf::Message& request);

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_MESSAGE_FAULTS_H_
