// Files of `canvass submit`.
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/v1/report.pb.h"
#include "services/canvass/terminal/proto_json.h"
#include "tests/fuzz/target.h"
#include "tests/support/small_election.h"

namespace canvass::fuzz {
namespace {

void RunSubmittedJson(std::string_view text) {
  const absl::StatusOr<std::vector<std::string>> values =
      cli::SplitJsonValues(text, "reports.json");
  if (!values.ok()) return RequireReason(values.status());
  for (const std::string& value : *values) {
    v1::StationReport report;
    const absl::Status parsed = cli::ParseProtoJson(value, "reports.json", report);
    if (!parsed.ok()) {
      RequireReason(parsed);
      continue;
    }
    const std::string line = cli::ToJsonLine(report);
    Require(line.find('\n') == std::string::npos, "a report is one line");
    v1::StationReport again;
    Require(cli::ParseProtoJson(line, "reports.json", again).ok() &&
                google::protobuf::util::MessageDifferencer::Equals(report, again),
            "a report that is written is read as the same");
  }
}

std::vector<std::string> SubmittedJsonSeeds() {
  const std::string one = testing::SmallReport("town", "n-1", 300, 205);
  return {
      one,
      "[" + one + ", " + one + "]",
      one + "\n" + one + "\n",
      R"({"stationId": "\u00e9\ud83d\ude00", "revision": 2, "countedAt": "2024-02-07T19:30:00.5Z"})",
      R"({"interviews": {"asked": "7", "answers": [{"candidate_id": "a", "count": 3}]}})",
      R"({"documents": [{"uri": "file:x", "sha256": "00"}], "reason": null})",
      R"({"stationId": 7})",
      "[",
      "{} {\"unknown\": {}} []"};
}

const Registration kSubmittedJson({.name = "submitted_json",
                                   .run = RunSubmittedJson,
                                   .seeds = SubmittedJsonSeeds});

}  // namespace
}  // namespace canvass::fuzz
