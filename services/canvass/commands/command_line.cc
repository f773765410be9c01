#include "services/canvass/commands/command_line.h"

#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/deadline.h"
#include "fmt/format.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

constexpr char kFooter[] =
    R"(Data goes to standard output, messages to standard error.

Exit codes
  0  success
  1  refused, rejected or failed; the messages give the reason
  2  the command line is wrong; nothing was done
  3  a service could not be reached or did not answer in time

Environment
  CANVASS_REPORTER, CANVASS_AGGREGATOR, CANVASS_PUBLISHER,
  CANVASS_AUTHORITIES, CANVASS_CERTIFICATE, CANVASS_REPORTER_CERTIFICATE
                                                            defaults of the options
  NO_COLOR                                                  disables colours

Examples
  canvass up --demo az-2024
  canvass results az-2024-presidential
  canvass compare az-2024-presidential -o json
  canvass COMMAND --help)";

// Shorter ones would be over before a packet is on its way.
constexpr absl::Duration kDurationMin = absl::Milliseconds(1);

absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  absl::Duration duration;
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  if (!absl::ParseDuration(plain ? text + "s" : text, &duration) ||
      duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is not a duration such as 10s, 1m30s, 500ms or a number of seconds", text));
  }
  if (duration < kDurationMin || duration > rpc::kDeadlineAcceptedMax) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not between {} and {}", text,
                                                  absl::FormatDuration(kDurationMin),
                                                  absl::FormatDuration(rpc::kDeadlineAcceptedMax)));
  }
  return duration;
}

void AddCommonOptions(CLI::App& app, CommonOptions& options) {
  static const std::map<std::string, OutputFormat> kFormats = {
      {"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"csv", OutputFormat::kCsv}};
  app.add_option("--reporter", options.reporter, "Address of the station reporter")
      ->envname("CANVASS_REPORTER")
      ->capture_default_str();
  app.add_option("--aggregator", options.aggregator, "Address of the aggregator")
      ->envname("CANVASS_AGGREGATOR")
      ->capture_default_str();
  app.add_option("--publisher", options.publisher, "Address of the publisher")
      ->envname("CANVASS_PUBLISHER")
      ->capture_default_str();
  app.add_option("--authorities", options.authorities,
                 "PEM file with the authorities that the services' certificates come from. Calls "
                 "use TLS")
      ->envname("CANVASS_AUTHORITIES");
  app.add_option("--certificate", options.certificate, "PEM file with your certificate and its key")
      ->envname("CANVASS_CERTIFICATE");
  app.add_option("--reporter-certificate", options.reporter_certificate,
                 "The same for calls to the reporter, if another one submits than decides")
      ->envname("CANVASS_REPORTER_CERTIFICATE");
  AddDurationOption(app, "--timeout", options.timeout, "Timeout of one call");
  app.add_option_function<std::string>(
         "-o,--output", [&options](const std::string& name) { options.format = kFormats.at(name); },
         "Format: table for people, json as in the services' protos, csv for spreadsheets")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->default_str("table");
  app.add_option("--language", options.language,
                 "Language tag for names, e.g. en. Default: the election's first language");
}

absl::StatusOr<std::shared_ptr<rpc::ChannelTls>> OpenTls(const CommonOptions& options,
                                                         const std::string& certificate) {
  return rpc::ChannelTls::Open(
      {.certificate = certificate, .key = certificate, .authorities = options.authorities});
}

// Has all calls of this process use TLS as the options say.
absl::Status UseTls(CommonOptions& options) {
  if (options.authorities.empty()) {
    if (options.certificate.empty() && options.reporter_certificate.empty())
      return absl::OkStatus();
    return MakeError(reason::kTlsFileUnusable,
                     "A certificate needs --authorities, which the services' certificates come "
                     "from.");
  }
  auto tls = OpenTls(options, options.certificate);
  if (!tls.ok()) return tls.status();
  rpc::ChannelTls::SetOfProcess(*tls);
  auto reporter_tls =
      options.reporter_certificate.empty() ? tls : OpenTls(options, options.reporter_certificate);
  if (!reporter_tls.ok()) return reporter_tls.status();
  options.reporter_tls = *std::move(reporter_tls);
  return absl::OkStatus();
}

// Returns the word in place of the command if no command has that name, and otherwise "". CLI11
// only reports that a command is missing.
std::string UnknownCommand(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return "";
  const std::vector<std::string> words = app.remaining();
  return words.empty() ? "" : Printable(words.front());
}

}  // namespace

CommandLine::CommandLine(Console& console)
    : console_(console),
      app_(std::make_unique<CLI::App>("Canvass counts elections in public.", "canvass")) {
  app_->fallthrough();
  app_->require_subcommand(1);
  app_->set_version_flag("--version", "canvass " CANVASS_VERSION);
  app_->footer(kFooter);
  AddCommonOptions(*app_, options_);
  AddAllCommands(*this);
}

CommandLine::~CommandLine() = default;

CLI::App& CommandLine::Add(const std::string& name, const std::string& summary,
                           const std::string& example, Run run) {
  CLI::App* const command = app_->add_subcommand(name, summary);
  std::string footer = "Example\n";
  std::istringstream lines(example);
  for (std::string line; std::getline(lines, line);) footer += fmt::format("  {}\n", line);
  footer +=
      "\nFor the options of all commands (addresses, -o, --timeout) and the exit codes, run "
      "canvass --help";
  command->footer(footer);
  command->callback([this, run = std::move(run)] { chosen_ = run; });
  return *command;
}

ExitCode CommandLine::Execute(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const std::string unknown = UnknownCommand(*app_); !unknown.empty()) {
      console_.messages << fmt::format(
          "There is no command or option '{}'.\nRun with --help for more information.\n", unknown);
      return ExitCode::kUsage;
    }
    const int code = app_->exit(error, console_.out, console_.messages);
    return code == 0 ? WithOutputWritten(absl::OkStatus()) : ExitCode::kUsage;
  }
  absl::Status status = UseTls(options_);
  if (status.ok()) status = chosen_({.options = options_, .console = console_});
  return WithOutputWritten(std::move(status));
}

ExitCode CommandLine::WithOutputWritten(absl::Status status) {
  console_.out.flush();
  if (status.ok() && !console_.out) {
    status = MakeError(reason::kOutputNotWritten,
                       "Standard output could not be written, so the output is incomplete.");
  }
  if (!status.ok()) console_.messages << "canvass: " << ErrorText(status);
  return ExitCodeOf(status);
}

void AddDurationOption(CLI::App& app, const std::string& name, absl::Duration& duration,
                       const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&duration, name](const std::string& text) {
           const absl::StatusOr<absl::Duration> parsed = ParseTimeout(text);
           if (!parsed.ok()) throw CLI::ValidationError(name, StrCat(parsed.status().message()));
           duration = *parsed;
         },
         help)
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(duration));
}

}  // namespace canvass::cli
