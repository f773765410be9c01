#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace canvass::cli {

// Size of a terminal's window; 0 where it is unknown.
struct WindowSize {
  int columns = 0;
  int rows = 0;
};

// Output streams of a command. Data goes to `out`, and messages about it go to `messages`. The
// streams are not owned.
struct Console {
  std::ostream& out;
  std::ostream& messages;
  bool out_is_terminal = false;       // may be redrawn
  bool messages_is_terminal = false;  // may carry a progress bar
  bool out_colours = false;           // false if NO_COLOR is set
  bool messages_colours = false;
  // Returns the present size of the terminal.
  std::function<WindowSize()> window = [] { return WindowSize(); };
};

// Returns the process's standard output and standard error. What goes to a terminal passes through
// a TerminalStream; files and pipes get every byte as it is.
Console SystemConsole();

// Return `text` highlighted for a terminal if `colours` is true, otherwise `text` unchanged.
std::string Bold(std::string_view text, bool colours);
std::string Warning(std::string_view text, bool colours);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_CONSOLE_H_
