#include "common/service/program.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"

ABSL_FLAG(std::string, listen, "",
          "Address to listen on, host:port. Port 0 takes any free port. The default is 127.0.0.1 "
          "with the port of the example above.");
ABSL_FLAG(std::string, address_file, "",
          "File to which the service writes its address once it listens.");
ABSL_FLAG(std::string, health_listen, "",
          "Address of a second port with grpc.health.v1 and reflection alone, never encrypted, for "
          "Kubernetes' probes. None if it is empty.");
ABSL_FLAG(std::string, log_level, "info",
          "Lowest level that is logged: trace, debug, info, warning, error, critical or off.");
ABSL_FLAG(std::string, log_format, "auto",
          "Form of the log's lines: text, json (one object a line), or auto: text on a terminal, "
          "else json.");

namespace canvass::service {
namespace {

// By default, Abseil's --help shows only the flags of the file that is named like the program, and
// its --version says how the program was compiled. This makes --help show the flags of options.cc
// and of this library, and --version what `canvass --version` does.
void ShowFlagsOfServices(std::string_view program) {
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "/options.cc") || absl::StrContains(file, "common/service/");
  };
  usage.version_string = [file_name = std::string(program.substr(program.rfind('/') + 1))] {
    return absl::StrCat(file_name, " " CANVASS_VERSION "\n");
  };
  absl::SetFlagsUsageConfig(usage);
}

absl::Status ParseFlags(int argc, char** argv, const ProgramDescription& program) {
  ShowFlagsOfServices(argv[0]);
  absl::SetProgramUsageMessage(program.usage);
  absl::SetFlag(&FLAGS_listen, program.default_listen);
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() == 1) return absl::OkStatus();
  return MakeError(reason::kArgumentUnexpected, absl::StrCat("Unexpected argument \"", arguments[1],
                                                             "\"; run with --help for the flags."));
}

rpc::ServerOptions ServerOptionsFromFlags() {
  return {.listen_address = absl::GetFlag(FLAGS_listen),
          .address_file = absl::GetFlag(FLAGS_address_file),
          .health_listen_address = absl::GetFlag(FLAGS_health_listen)};
}

}  // namespace

int Main(int argc, char** argv, const ProgramDescription& program,
         const std::function<absl::Status(const rpc::ServerOptions&)>& run) {
  rpc::BlockStopSignals();
  absl::Status status = ParseFlags(argc, argv, program);
  telemetry::StartLog(program.name, absl::GetFlag(FLAGS_log_level),
                      absl::GetFlag(FLAGS_log_format));
  if (status.ok()) status = run(ServerOptionsFromFlags());
  if (status.ok()) return EXIT_SUCCESS;
  telemetry::LogError(telemetry::Describe(status));
  return EXIT_FAILURE;
}

}  // namespace canvass::service
