#include "services/canvass/terminal/watch_screen.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "services/canvass/terminal/terminal_stream.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

// Returns the lines that fit above the window's last row, where the cursor stays.
std::vector<std::string> FittingLines(std::string_view text, int rows) {
  std::vector<std::string> lines = absl::StrSplit(ToAbsl(text), '\n');
  lines.pop_back();  // what follows the last line end
  const std::size_t room =
      rows > 0 ? static_cast<std::size_t>(std::max(rows - 1, 1)) : lines.size();
  if (lines.size() <= room) return lines;
  const auto missing = static_cast<std::int64_t>(lines.size() - room + 1);
  lines.resize(room);
  lines.back() = "... " + Counted(missing, "more line", "more lines");
  return lines;
}

}  // namespace

std::string RenderScreen(std::string_view text, bool first, const WindowSize& window) {
  std::string screen(first ? kClearScreen : "");
  screen += kHome;
  for (const std::string& line : FittingLines(text, window.rows)) {
    // After a character in the last column, some terminals would clear it.
    screen += window.columns > 0 ? CutRight(line, window.columns - 1) : line;
    screen += kClearLine;
    screen += '\n';
  }
  return screen.append(kClearBelow);
}

}  // namespace canvass::cli
