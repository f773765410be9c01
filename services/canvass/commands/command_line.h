#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_COMMAND_LINE_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/canvass/terminal/exit_code.h"
#include "services/canvass/terminal/invocation.h"

namespace CLI {
class App;
}  // namespace CLI

// CONTRIBUTING.md says how to add a command.
namespace canvass::cli {

// All commands and their common options. Not thread-safe.
class CommandLine {
 public:
  using Run = std::function<absl::Status(const Invocation&)>;

  explicit CommandLine(Console& console);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a command. The caller adds the command's options to the result. `example` is shown by
  // --help. Its lines are separated by '\n'.
  CLI::App& Add(const std::string& name, const std::string& summary, const std::string& example,
                Run run);

  // Parses the arguments, runs the selected command, and reports errors to the console's messages.
  ExitCode Execute(int argc, const char* const* argv);

 private:
  // Reports an error of the command, or that its output could not be written.
  ExitCode WithOutputWritten(absl::Status status);

  Console& console_;
  CommonOptions options_;
  std::unique_ptr<CLI::App> app_;
  Run chosen_;
};

// Largest sequence or count that an option takes. CLI11 takes a number above the largest
// std::int64_t for that one, so a check with a lower limit finds it.
inline constexpr std::int64_t kOptionNumberMax = 999'999'999'999'999'999;

// Adds an option that accepts "10s", "1m30s", "500ms" or plain seconds, from 1ms to the longest
// deadline that a service accepts. `duration` holds the
// default and must outlive `app`.
void AddDurationOption(CLI::App& app, const std::string& name, absl::Duration& duration,
                       const std::string& help);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_COMMAND_LINE_H_
