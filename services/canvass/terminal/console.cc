#include "services/canvass/terminal/console.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

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

std::string Styled(std::string_view code, std::string_view text, bool colours) {
  if (!colours) return std::string(text);
  std::string styled(code);
  styled += text;
  return styled + "\x1b[0m";
}

}  // namespace

Console SystemConsole() {
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  const bool messages_is_terminal = isatty(STDERR_FILENO) == 1;
  return {.out = std::cout,
          .messages = std::cerr,
          .out_is_terminal = out_is_terminal,
          .messages_is_terminal = messages_is_terminal,
          .out_colours = out_is_terminal && ColoursWanted(),
          .messages_colours = messages_is_terminal && ColoursWanted()};
}

std::string Bold(std::string_view text, bool colours) { return Styled("\x1b[1m", text, colours); }

std::string Warning(std::string_view text, bool colours) {
  return Styled("\x1b[33m", text, colours);
}

}  // namespace canvass::cli
