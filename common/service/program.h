#ifndef CANVASS_COMMON_SERVICE_PROGRAM_H_
#define CANVASS_COMMON_SERVICE_PROGRAM_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/server.h"

namespace canvass::service {

// Properties of one service's program.
struct ProgramDescription {
  std::string name{};            // used in log lines, e.g. "publisher"
  std::string usage{};           // shown by --help: one sentence, then an example
  std::string default_listen{};  // host:port, used without --listen
};

// Main function of a service. Parses the command line, starts the log, calls `run` and returns the
// process's exit code. Logs an error of the command line or of `run` and returns EXIT_FAILURE for
// it. Call it once, as the first statement of main.
//
// Every service has the flags --listen, --address_file, --health_listen, --connection_age,
// --log_level, --log_format, --insecure, those of StartAdminPort, and those of TLS, which also
// become how the channels of the process use TLS (rpc::ChannelTls). A service defines its own flags
// in its options.cc, and --help shows both. --help and unknown flags end the process.
//
// `run` gets the server's options and may call rpc::WaitForStopSignal. It is called after all flags
// have been parsed.
int Main(int argc, char** argv, const ProgramDescription& program,
         const std::function<absl::Status(const rpc::ServerOptions&)>& run);

}  // namespace canvass::service

#endif  // CANVASS_COMMON_SERVICE_PROGRAM_H_
