#include "services/canvass/terminal/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "services/canvass/terminal/terminal_stream.h"

namespace canvass::cli {
namespace {

// See https://no-color.org: NO_COLOR counts if it is set and not empty.
bool ColoursWanted() {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool refused = no_color != nullptr && *no_color != '\0';
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return !refused && !dumb;
}

WindowSize WindowOf(int terminal) {
  winsize size{};
  if (ioctl(terminal, TIOCGWINSZ, &size) != 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

std::string Styled(std::string_view code, std::string_view text, bool colours) {
  if (!colours) return std::string(text);
  std::string styled(code);
  styled += text;
  return styled.append(kPlain);
}

}  // namespace

Console SystemConsole() {
  static TerminalStream terminal_out(std::cout.rdbuf());
  static TerminalStream terminal_messages(std::cerr.rdbuf());
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  const bool messages_is_terminal = isatty(STDERR_FILENO) == 1;
  return {.out = out_is_terminal ? terminal_out : std::cout,
          .messages = messages_is_terminal ? terminal_messages : std::cerr,
          .out_is_terminal = out_is_terminal,
          .messages_is_terminal = messages_is_terminal,
          .out_colours = out_is_terminal && ColoursWanted(),
          .messages_colours = messages_is_terminal && ColoursWanted(),
          .window = [out_is_terminal] {
            return WindowOf(out_is_terminal ? STDOUT_FILENO : STDERR_FILENO);
          }};
}

std::string Bold(std::string_view text, bool colours) { return Styled(kBold, text, colours); }

std::string Warning(std::string_view text, bool colours) { return Styled(kYellow, text, colours); }

}  // namespace canvass::cli
