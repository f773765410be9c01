#ifndef CANVASS_SERVICES_CANVASS_CONSOLE_H_
#define CANVASS_SERVICES_CANVASS_CONSOLE_H_

#include <iosfwd>
#include <string>
#include <string_view>

namespace canvass {

// Where a command writes: data to `out`, everything that is said about it to `messages`. The
// streams are not owned.
struct Console {
  std::ostream& out;
  std::ostream& messages;
  bool out_is_terminal = false;       // may be redrawn
  bool messages_is_terminal = false;  // may carry a progress bar
  bool out_colours = false;           // never where NO_COLOR is set
  bool messages_colours = false;
};

// The process's own standard output and error.
Console SystemConsole();

// How a text is made to stand out where colours are wanted; the text alone where they are not.
std::string Bold(std::string_view text, bool colours);
std::string Warning(std::string_view text, bool colours);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_CONSOLE_H_
