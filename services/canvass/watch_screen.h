#ifndef CANVASS_SERVICES_CANVASS_WATCH_SCREEN_H_
#define CANVASS_SERVICES_CANVASS_WATCH_SCREEN_H_

#include <string>
#include <string_view>

namespace canvass {

// What to write to a terminal so that it shows `text` from its first line on and nothing else,
// without flicker: each line is written over the old one. `first`: clears what was there before.
std::string RenderScreen(std::string_view text, bool first);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_WATCH_SCREEN_H_
