#include "services/canvass/commands/data_folder.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/base/text.h"

namespace canvass::cli {

std::string DefaultDataFolder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return StrCat(state, "/canvass");
  }
  // PostgreSQL never runs as root, and the user that it runs as cannot enter root's home.
  const char* home = std::getenv("HOME");
  if (geteuid() == 0 || home == nullptr) return "/var/lib/canvass";
  return StrCat(home, "/.local/state/canvass");
}

}  // namespace canvass::cli
