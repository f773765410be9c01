#include <csignal>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/actor.h"
#include "common/identity/credentials.h"
#include "common/postgres/private_cluster.h"
#include "common/process/child_process.h"
#include "common/rpc/server.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/data_folder.h"
#include "services/canvass/commands/demo.h"
#include "services/canvass/stack/stack.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

// Plays the 20 hours of the night in less than half a minute.
constexpr double kWatchedSpeed = 3000;

struct UpArguments {
  StackOptions stack{};
  std::string demo{};
  std::optional<double> speed{};
  bool once = false;
};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Waits up to `patience` for a stop signal and takes it. Returns whether there was one.
bool StopSignalWithin(absl::Duration patience) {
  const sigset_t signals = StopSignals();
  const timespec timeout = absl::ToTimespec(patience);
  return sigtimedwait(&signals, nullptr, &timeout) > 0;
}

bool StopSignalIsPending() {
  sigset_t pending;
  return sigpending(&pending) == 0 &&
         (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

// The office that submits the demo's reports: that of the whole country.
constexpr char kDemoOffice[] = "az";

// Adds the options by which the demo decides as an operator, and submits as an office.
absl::Status AddIdentities(Stack& stack, std::vector<std::string>& words) {
  const auto decides = stack.FilesOf({.role = election::Role::kOperator, .name = Stack::kOperator});
  if (!decides.ok()) return decides.status();
  if (decides->certificate.empty()) return absl::OkStatus();
  const auto submits = stack.FilesOf({.role = election::Role::kOffice, .name = kDemoOffice});
  if (!submits.ok()) return submits.status();
  words.push_back(StrCat("--authorities=", decides->authorities));
  words.push_back(StrCat("--certificate=", decides->certificate));
  words.push_back(StrCat("--reporter-certificate=", submits->certificate));
  return absl::OkStatus();
}

// Time for a demo to exit after SIGTERM. It has no state to save.
constexpr absl::Duration kDemoStopsWithin = absl::Seconds(5);

// Runs `canvass demo` on the same terminal next to the supervised stack. The demo is stopped when
// this object is destroyed.
class DemoRun {
 public:
  static absl::StatusOr<std::unique_ptr<DemoRun>> Start(const UpArguments& arguments,
                                                        const std::string& language, Stack& stack) {
    const double speed = arguments.speed.value_or(arguments.once ? 0 : kWatchedSpeed);
    std::vector<std::string> words = {"/proc/self/exe",
                                      "demo",
                                      arguments.demo,
                                      StrCat("--speed=", speed),
                                      StrCat("--reporter=", stack.reporter_address()),
                                      StrCat("--aggregator=", stack.aggregator_address()),
                                      StrCat("--publisher=", stack.publisher_address()),
                                      StrCat("--language=", language.empty() ? "en" : language)};
    const absl::Status status = AddIdentities(stack, words);
    if (!status.ok()) return status;
    auto process = process::ChildProcess::Start({.arguments = std::move(words),
                                                 .output_fd = STDOUT_FILENO,
                                                 .error_fd = STDERR_FILENO,
                                                 .signal_when_orphaned = SIGTERM});
    if (!process.ok()) return process.status();
    return std::unique_ptr<DemoRun>(new DemoRun(*std::move(process)));
  }
  ~DemoRun() {
    process_->Signal(SIGTERM);
    process_->WaitForEnd(kDemoStopsWithin);
  }
  DemoRun(const DemoRun&) = delete;
  DemoRun& operator=(const DemoRun&) = delete;

  // Returns the demo's outcome, or nullopt while it is running.
  std::optional<absl::Status> Ending() const {
    if (!process_->WaitForEnd(absl::ZeroDuration())) return std::nullopt;
    if (process_->succeeded()) return absl::OkStatus();
    return MakeError(reason::kDemoFailed,
                     StrCat("The demo did not play to its end: it ", process_->ending(), "."));
  }

 private:
  explicit DemoRun(std::unique_ptr<process::ChildProcess> process) : process_(std::move(process)) {}

  std::unique_ptr<process::ChildProcess> process_;
};

// Returns a command line that adds up the demo's totals in SQL.
std::string TotalsInSql(const Stack& stack) {
  return StrCat("  psql '", stack.cluster().reader_connection(),
                "' -c \"select candidate_id, votes from canvass.candidate_totals where source_id = "
                "'cec' and area_id = 'az' order by votes desc\"\n");
}

// How grpcurl and `canvass` prove who they are.
std::string Credentials(const identity::TlsFiles& files) {
  return StrCat("-cacert ", files.authorities, " -cert ", files.certificate, " -key ", files.key);
}

std::string HowToCall(const UpArguments& arguments, const identity::TlsFiles& files,
                      const Stack& stack) {
  const std::string publisher =
      StrCat(files.certificate.empty() ? "-plaintext" : Credentials(files), " ",
             stack.publisher_address());
  std::string text = StrCat("\nCall the services, for example:\n  grpcurl ", publisher,
                            " list canvass.publisher.v1.PublisherService\n");
  if (!files.certificate.empty()) {
    StrAppend(&text, "  export CANVASS_AUTHORITIES=", files.authorities,
              " CANVASS_CERTIFICATE=", files.certificate, "\n");
  }
  if (arguments.demo.empty()) {
    return StrCat(text, "  grpcurl ", publisher,
                  " canvass.publisher.v1.PublisherService/ListElections\n  psql '",
                  stack.cluster().reader_connection(), R"(' -c '\dv canvass.*')", "\n");
  }
  return StrCat(text, R"(  grpcurl -d '{"election_id": "az-2024-presidential"}' )", publisher,
                " canvass.publisher.v1.PublisherService/GetNationalResult\n", TotalsInSql(stack));
}

void SayHowToCall(const UpArguments& arguments, const Invocation& invocation, Stack& stack) {
  const auto files = stack.FilesOf({.role = election::Role::kOperator, .name = Stack::kOperator});
  invocation.console.messages << HowToCall(arguments, files.value_or(identity::TlsFiles()), stack)
                              << "Press Ctrl-C to stop. The data is kept.\n"
                              << std::flush;
}

// Keeps the stack running until a stop signal, or with --once until the demo has ended. Without
// --once, a failed demo is reported and the services keep running.
absl::Status Serve(const UpArguments& arguments, const Invocation& invocation, Stack& stack) {
  std::unique_ptr<DemoRun> demo;
  if (!arguments.demo.empty()) {
    auto started = DemoRun::Start(arguments, invocation.options.language, stack);
    if (!started.ok()) return started.status();
    demo = *std::move(started);
  }
  while (!StopSignalWithin(demo ? absl::Milliseconds(50) : absl::Seconds(1))) {
    const std::optional<absl::Status> ending = demo ? demo->Ending() : std::nullopt;
    if (ending) {
      demo.reset();
      if (arguments.once) return *ending;
      if (!ending->ok()) invocation.console.messages << "canvass: " << ErrorText(*ending);
      SayHowToCall(arguments, invocation, stack);
    }
    const absl::Status status = stack.Supervise();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RunUp(const UpArguments& arguments, const Invocation& invocation) {
  rpc::BlockStopSignals();
  const absl::Duration began = SteadyNow();
  StackOptions options = arguments.stack;
  options.data_folder = std::filesystem::absolute(options.data_folder).string();
  std::ostream& messages = invocation.console.messages;
  options.say = [&messages](std::string_view line) { messages << line << '\n' << std::flush; };
  options.interrupted = StopSignalIsPending;
  const auto stack = Stack::Start(options);
  if (!stack.ok()) return stack.status();
  messages << StrCat("Up after ",
                     absl::FormatDuration(absl::Trunc(SteadyNow() - began, absl::Milliseconds(1))),
                     ".\n");
  if (arguments.demo.empty()) SayHowToCall(arguments, invocation, **stack);
  const absl::Status status = Serve(arguments, invocation, **stack);
  messages << "Stopping.\n" << std::flush;
  return status;
}

}  // namespace

void AddUp(CommandLine& commands) {
  auto arguments = std::make_shared<UpArguments>();
  arguments->stack.data_folder = DefaultDataFolder();
  CLI::App& app = commands.Add(
      "up", "Runs all parts of Canvass on this machine, with their own PostgreSQL.",
      "canvass up\ncanvass up --data ./night --demo az-2024 --once",
      [arguments](const Invocation& invocation) { return RunUp(*arguments, invocation); });
  StackOptions& stack = arguments->stack;
  app.add_option("--data", stack.data_folder,
                 "Folder for the ledger and the logs. Created on first use")
      ->capture_default_str();
  app.add_option("--reporter-listen", stack.reporter_listen,
                 "Address of the reporter, host:port. Port 0 takes any free port")
      ->capture_default_str();
  app.add_option("--aggregator-listen", stack.aggregator_listen,
                 "Address of the aggregator, host:port")
      ->capture_default_str();
  app.add_option("--publisher-listen", stack.publisher_listen,
                 "Address of the publisher, host:port")
      ->capture_default_str();
  app.add_flag("--standby", stack.standby,
               "Run a second aggregator that takes over when the first one fails");
  CLI::Option* const tls = app.add_flag(
      "--tls", stack.tls,
      "Make certificates in the data folder and speak TLS: callers have to prove who they are");
  app.add_flag("--insecure", stack.insecure,
               "Listen without TLS where other machines can reach the services. Everybody who does "
               "may do everything")
      ->excludes(tls);
  app.add_flag("--accept-future-entries", stack.accept_future_entries,
               "Go on after entries whose time is still to come, because this machine's clock was "
               "wrong when they were recorded");
  app.add_option("--log-level", stack.log_level,
                 "Log level of the services: trace, debug, info, warning, error, critical or off")
      ->capture_default_str();
  CLI::Option* const demo = app.add_option("--demo", arguments->demo,
                                           "Play this demo once everything is up. See canvass demo")
                                ->check(CLI::IsMember({kDemoName}));
  AddSpeedOption(app, arguments->speed)
      ->needs(demo)
      ->default_str(StrCat(kWatchedSpeed, " (max with --once)"));
  app.add_flag("--once", arguments->once,
               "Stop when the demo has ended, and play it at --speed max by default")
      ->needs(demo);
}

}  // namespace canvass::cli
