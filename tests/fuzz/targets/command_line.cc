// Times, numbers, shares, severities and addresses that people type.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/listen_address.h"
#include "common/rpc/message_faults.h"
#include "common/rpc/report_proto.h"
#include "services/canvass/commands/poll_figures_text.h"
#include "services/canvass/commands/time_text.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/number.h"
#include "services/canvass/terminal/text_width.h"
#include "tests/fuzz/target.h"

namespace canvass::fuzz {
namespace {

void RunTime(const std::string& text) {
  const auto time = cli::ParseTime(text);
  if (!time) return;
  Require(rpc::IsInRange(*time), "a time that was typed is one that a message can hold");
  const std::string written =
      absl::FormatTime(absl::RFC3339_full, rpc::FromProto(*time), absl::UTCTimeZone());
  const auto again = cli::ParseTime(written);
  Require(again && rpc::FromProto(*again) == rpc::FromProto(*time),
          "a time that is written is read as the same");
}

void RunCount(const std::string& text) {
  const absl::StatusOr<std::int64_t> count = cli::ParseCount(text);
  if (!count.ok()) return RequireReason(count.status());
  Require(*count >= 0, "no count is negative");
  const std::string digits = absl::StrCat(*count);
  Require(text.size() >= digits.size() && text.substr(text.size() - digits.size()) == digits &&
              text.find_first_not_of('0') >= text.size() - digits.size(),
          "a count is its digits");
}

// The number of ballots and the turnout are separated by a blank.
void RunTurnout(const std::string& text) {
  const std::size_t blank = text.find(' ');
  std::int64_t cast = 0;
  if (blank == std::string::npos || !absl::SimpleAtoi(text.substr(0, blank), &cast) || cast < 0) {
    return;
  }
  const auto registered = cli::RegisteredFromTurnout(cast, text.substr(blank + 1));
  if (!registered.ok()) return RequireReason(registered.status());
  Require(*registered >= 0, "no number of voters is negative");
}

void RunPollShare(const std::string& text) {
  const absl::StatusOr<v1::PollShare> share = cli::ParsePollShare(text);
  if (!share.ok()) return RequireReason(share.status());
  Require(!share->candidate_id().empty() && !share->share_percent().empty(),
          "a share has a candidate and a number");
}

void RunSeverity(const std::string& text) {
  election::Election election;
  const absl::Status set = cli::SetSeverity(text, election);
  if (!set.ok()) return RequireReason(set);
  Require(election.policy.has_value() && election.policy->severities.size() == 1,
          "one severity is set");
}

void RunAddress(const std::string& text) {
  const absl::StatusOr<rpc::ListenAddress> address = rpc::ParseListenAddress(text);
  if (!address.ok()) return RequireReason(address.status());
  Require(address->port >= 0 && address->port <= std::numeric_limits<std::uint16_t>::max(),
          "a port has 16 bits");
  const auto again = rpc::ParseListenAddress(rpc::FormatListenAddress(*address));
  Require(again.ok() && again->host == address->host && again->port == address->port,
          "an address that is written is read as the same");
  rpc::IsLoopback(*address);
}

// The first byte chooses what the rest is.
void RunCommandLine(std::string_view bytes) {
  if (bytes.empty()) return;
  using Run = void (*)(const std::string&);
  static constexpr Run kRuns[] = {RunTime,      RunCount,    RunTurnout,
                                  RunPollShare, RunSeverity, RunAddress};
  kRuns[static_cast<unsigned char>(bytes[0]) % std::size(kRuns)](std::string(bytes.substr(1)));
}

std::vector<std::string> CommandLineSeeds() {
  const std::string kinds("\0\1\2\3\4\5", 6);
  const auto seed = [&kinds](std::size_t kind, std::string_view text) {
    return kinds[kind] + std::string(text);
  };
  return {seed(0, "2024-02-07T19:30:00+04:00"),
          seed(0, "0001-01-01T00:00:00Z"),
          seed(0, "9999-12-31T23:59:59.999999999Z"),
          seed(0, "infinite-future"),
          seed(1, "1234"),
          seed(1, "9223372036854775808"),
          seed(1, "1,234"),
          seed(2, "228 67.0588"),
          seed(2, "9223372036854775807 0.000000000001"),
          seed(2, "0 0"),
          seed(3, "ilham-aliyev=93.9"),
          seed(3, "a="),
          seed(4, "CAST_ABOVE_REGISTERED=warn"),
          seed(4, "REVISION_GAP=off"),
          seed(5, "127.0.0.1:50061"),
          seed(5, "[::1]:0"),
          seed(5, "localhost:65536")};
}

const Registration kCommandLine({.name = "command_line",
                                 .run = RunCommandLine,
                                 .seeds = CommandLineSeeds});

}  // namespace
}  // namespace canvass::fuzz
