#include "services/canvass/commands/time_text.h"

#include "absl/time/time.h"
#include "common/rpc/message_faults.h"
#include "common/rpc/report_proto.h"

namespace canvass::cli {

std::optional<google::protobuf::Timestamp> ParseTime(const std::string& text) {
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return std::nullopt;
  // ParseTime also takes "infinite-future" and years that a Timestamp cannot hold.
  if (time < absl::FromUnixSeconds(rpc::kTimestampSecondsMin) ||
      time >= absl::FromUnixSeconds(rpc::kTimestampSecondsMax + 1)) {
    return std::nullopt;
  }
  return rpc::ToProto(time);
}

}  // namespace canvass::cli
