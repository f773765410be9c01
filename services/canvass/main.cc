#include "services/canvass/command.h"
#include "services/canvass/console.h"

int main(int argc, char** argv) {
  canvass::Console console = canvass::SystemConsole();
  return static_cast<int>(canvass::CommandLine(console).Execute(argc, argv));
}
