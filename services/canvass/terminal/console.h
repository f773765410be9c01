#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_

#include <iosfwd>
#include <string>
#include <string_view>

namespace canvass::cli {

// Output streams of a command. Data goes to `out`, and messages about it go to `messages`. The
// streams are not owned.
struct Console {
  std::ostream& out;
  std::ostream& messages;
  bool out_is_terminal = false;       // may be redrawn
  bool messages_is_terminal = false;  // may carry a progress bar
  bool out_colours = false;           // false if NO_COLOR is set
  bool messages_colours = false;
};

// Returns the process's standard output and standard error.
Console SystemConsole();

// Return `text` highlighted for a terminal if `colours` is true, otherwise `text` unchanged.
std::string Bold(std::string_view text, bool colours);
std::string Warning(std::string_view text, bool colours);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_
