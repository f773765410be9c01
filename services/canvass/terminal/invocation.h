#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_INVOCATION_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_INVOCATION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/rpc/channel_tls.h"

namespace canvass::cli {

struct Console;

enum class OutputFormat : std::uint8_t { kTable, kJson, kCsv };

// Options of every command. They may stand before or after the command's name.
struct CommonOptions {
  std::string reporter = "127.0.0.1:50061";
  std::string aggregator = "127.0.0.1:50062";
  std::string publisher = "127.0.0.1:50063";
  // TLS: files in PEM. Without `authorities` calls are made without TLS.
  std::string authorities{};
  std::string certificate{};           // with its key; empty to call without one
  std::string reporter_certificate{};  // for calls to the reporter; empty for `certificate`
  // How calls to the reporter use TLS, as the files say. All others do as the process does.
  std::shared_ptr<rpc::ChannelTls> reporter_tls{};
  absl::Duration timeout = absl::Seconds(10);  // for one call
  OutputFormat format = OutputFormat::kTable;
  std::string language{};  // language of names; empty for the election's first
};

// Options and console of a running command. The invocation does not own them.
struct Invocation {
  const CommonOptions& options;
  Console& console;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_INVOCATION_H_
