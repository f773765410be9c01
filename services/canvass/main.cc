#include "services/canvass/commands/command_line.h"
#include "services/canvass/terminal/console.h"

int main(int argc, char** argv) {
  canvass::cli::Console console = canvass::cli::SystemConsole();
  return static_cast<int>(canvass::cli::CommandLine(console).Execute(argc, argv));
}
