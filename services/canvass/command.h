#ifndef CANVASS_SERVICES_CANVASS_COMMAND_H_
#define CANVASS_SERVICES_CANVASS_COMMAND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace CLI {
class App;
}  // namespace CLI

// How a command comes into `canvass`: its file has a function that adds it, commands.h lists the
// function, and commands.cc calls it.
//
//   void AddRelease(CommandLine& commands) {
//     auto arguments = std::make_shared<Arguments>();
//     CLI::App& app = commands.Add("release", "Counts a held report.", "canvass release ...",
//                                  [arguments](const Session& session) { return Run(*arguments,
//                                  session); });
//     app.add_option("--reason", arguments->reason, "Why; goes into the ledger")->required();
//   }
namespace canvass {

struct Console;

enum class OutputFormat : std::uint8_t { kTable, kJson, kCsv };

// Options that every command takes, before or after its name.
struct CommonOptions {
  std::string reporter = "127.0.0.1:50061";
  std::string aggregator = "127.0.0.1:50062";
  std::string publisher = "127.0.0.1:50063";
  absl::Duration timeout = absl::Seconds(10);  // of one call
  OutputFormat format = OutputFormat::kTable;
  std::string language{};  // of names; the election's first if empty
};

// What a command runs with.
struct Session {
  const CommonOptions& options;
  Console& console;
};

// What `canvass` tells the shell.
enum class ExitCode : std::uint8_t {
  kDone = 0,
  kFailed = 1,       // refused, rejected or failed
  kUsage = 2,        // the command line is wrong; nothing was done
  kUnreachable = 3,  // a service could not be reached or did not answer in time
};

ExitCode ExitCodeOf(const absl::Status& status);

// An error of the command line that only the command itself could see.
absl::Status UsageError(const std::string& message);

// The commands and what they have in common. Not thread-safe.
class CommandLine {
 public:
  using Run = std::function<absl::Status(const Session&)>;

  explicit CommandLine(Console& console);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a command; the caller adds its options to the result. `example` is shown by --help, lines
  // separated by '\n'.
  CLI::App& Add(const std::string& name, const std::string& summary, const std::string& example,
                Run run);

  // Parses the arguments, runs the command that they name, and reports an error to the console's
  // messages.
  ExitCode Execute(int argc, const char* const* argv);

 private:
  // Reports an error of the command, or that its output did not go through.
  ExitCode WithOutputWritten(absl::Status status);

  Console& console_;
  CommonOptions options_;
  std::unique_ptr<CLI::App> app_;
  Run chosen_;
};

// Adds an option that takes "10s", "1m30s", "500ms" or plain seconds. `duration` holds the default,
// and must outlive the app.
void AddDurationOption(CLI::App& app, const std::string& name, absl::Duration& duration,
                       const std::string& help);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_COMMAND_H_
