#include "services/canvass/commands/poll_figures_text.h"

#include <cstddef>

#include "common/election/share.h"
#include "fmt/format.h"
#include "services/canvass/terminal/exit_code.h"

namespace canvass::cli {

absl::StatusOr<v1::PollShare> ParsePollShare(const std::string& text) {
  const std::size_t equals = text.find('=');
  v1::PollShare share;
  share.set_candidate_id(text.substr(0, equals));
  share.set_share_percent(equals == std::string::npos ? "" : text.substr(equals + 1));
  if (share.candidate_id().empty() || !election::ParseDecimal(share.share_percent()).ok()) {
    return UsageError(
        fmt::format("--share {}: must be CANDIDATE=PERCENT, e.g. ilham-aliyev=93.9", text));
  }
  return share;
}

}  // namespace canvass::cli
