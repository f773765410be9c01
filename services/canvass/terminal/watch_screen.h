#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_

#include <string>
#include <string_view>

namespace canvass::cli {

// Returns what to write to a terminal so that it shows `text` from its first line on and nothing
// else. The new lines overwrite the old ones, so that the screen does not flicker. `first` clears
// the screen before.
std::string RenderScreen(std::string_view text, bool first);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_
