#include "services/canvass/terminal/watch_screen.h"

namespace canvass::cli {

std::string RenderScreen(std::string_view text, bool first) {
  constexpr std::string_view kClearScreen = "\x1b[2J";
  constexpr std::string_view kHome = "\x1b[H";
  constexpr std::string_view kClearLine = "\x1b[K";
  constexpr std::string_view kClearBelow = "\x1b[J";
  std::string screen(first ? kClearScreen : "");
  screen += kHome;
  for (const char c : text) {
    if (c == '\n') screen += kClearLine;
    screen += c;
  }
  return screen.append(kClearBelow);
}

}  // namespace canvass::cli
