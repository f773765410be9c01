#include "common/service/program.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/identity/credentials.h"
#include "common/rpc/channel_tls.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"

ABSL_FLAG(std::string, listen, "",
          "Address to listen on, host:port. Port 0 takes any free port. The default is 127.0.0.1 "
          "with the port of the example above.");
ABSL_FLAG(std::string, address_file, "",
          "File to which the service writes its address once it listens.");
ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file with this service's certificate, which names it in a URI such as "
          "spiffe://az-2024.example/service/aggregator, and those between it and the authority. "
          "Callers and the services that it calls then have to prove who they are.");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the private key of --tls_certificate.");
ABSL_FLAG(std::string, tls_authorities, "",
          "PEM file with the authorities whose certificates are believed.");
ABSL_FLAG(std::string, tls_revocations, "",
          "PEM file with a revocation list of each authority. Like the other three it is read anew "
          "when it changes.");
ABSL_FLAG(bool, insecure, false,
          "Listen without TLS where other machines can reach it. Everybody who does may do "
          "everything.");
ABSL_FLAG(absl::Duration, connection_age, absl::InfiniteDuration(),
          "How long a connection lasts before its client is asked to connect anew. Behind a name "
          "with several addresses, clients then find services that were added. At least 1s.");
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

absl::StatusOr<identity::TlsFiles> TlsFilesFromFlags() {
  identity::TlsFiles files{.certificate = absl::GetFlag(FLAGS_tls_certificate),
                           .key = absl::GetFlag(FLAGS_tls_key),
                           .authorities = absl::GetFlag(FLAGS_tls_authorities),
                           .revocations = absl::GetFlag(FLAGS_tls_revocations)};
  const bool is_whole =
      !files.certificate.empty() && !files.key.empty() && !files.authorities.empty();
  if (is_whole || files == identity::TlsFiles()) return files;
  return MakeError(reason::kTlsFileUnusable,
                   "TLS needs --tls_certificate, --tls_key and --tls_authorities together.");
}

absl::StatusOr<rpc::ServerOptions> ServerOptionsFromFlags() {
  absl::StatusOr<identity::TlsFiles> tls = TlsFilesFromFlags();
  if (!tls.ok()) return tls.status();
  return rpc::ServerOptions{
      .listen_address = absl::GetFlag(FLAGS_listen),
      .address_file = absl::GetFlag(FLAGS_address_file),
      .health_listen_address = absl::GetFlag(FLAGS_health_listen),
      .connection_age_max = std::max(absl::GetFlag(FLAGS_connection_age), absl::Seconds(1)),
      .tls = *std::move(tls),
      .insecure = absl::GetFlag(FLAGS_insecure)};
}

// Has the calls of this process use the same certificate as its port.
absl::Status UseTlsForCalls(const identity::TlsFiles& files) {
  if (files.certificate.empty()) return absl::OkStatus();
  auto tls = rpc::ChannelTls::Open(files);
  if (!tls.ok()) return tls.status();
  rpc::ChannelTls::SetOfProcess(*std::move(tls));
  return absl::OkStatus();
}

absl::Status RunWithFlags(const std::function<absl::Status(const rpc::ServerOptions&)>& run) {
  const absl::StatusOr<rpc::ServerOptions> options = ServerOptionsFromFlags();
  if (!options.ok()) return options.status();
  const absl::Status tls = UseTlsForCalls(options->tls);
  return tls.ok() ? run(*options) : tls;
}

}  // namespace

int Main(int argc, char** argv, const ProgramDescription& program,
         const std::function<absl::Status(const rpc::ServerOptions&)>& run) {
  rpc::BlockStopSignals();
  absl::Status status = ParseFlags(argc, argv, program);
  telemetry::StartLog(program.name, absl::GetFlag(FLAGS_log_level),
                      absl::GetFlag(FLAGS_log_format));
  if (status.ok()) status = RunWithFlags(run);
  if (status.ok()) return EXIT_SUCCESS;
  telemetry::LogError(telemetry::Describe(status));
  return EXIT_FAILURE;
}

}  // namespace canvass::service
