#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_

#include <string>
#include <string_view>

#include "services/canvass/terminal/console.h"

namespace canvass::cli {

// Returns what to write to a terminal so that it shows `text` from its first line on and nothing
// else. The new lines overwrite the old ones, so that the screen does not flicker. `first` clears
// the screen before. Lines that are wider than the window are cut. If there are too many, the last
// one says how many are missing. REQUIRES: every line of `text` ends with '\n'.
std::string RenderScreen(std::string_view text, bool first, const WindowSize& window);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_WATCH_SCREEN_H_
