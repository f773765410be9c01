#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_INVOCATION_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_INVOCATION_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace canvass::cli {

struct Console;

enum class OutputFormat : std::uint8_t { kTable, kJson, kCsv };

// Options of every command. They may stand before or after the command's name.
struct CommonOptions {
  std::string reporter = "127.0.0.1:50061";
  std::string aggregator = "127.0.0.1:50062";
  std::string publisher = "127.0.0.1:50063";
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
