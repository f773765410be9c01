#include "services/canvass/terminal/print.h"

#include <ostream>

#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/proto_json.h"

namespace canvass::cli {

void Print(const Invocation& invocation, std::string_view text, const Table& table,
           const google::protobuf::Message& message) {
  switch (invocation.options.format) {
    case OutputFormat::kTable:
      invocation.console.out << text;
      return;
    case OutputFormat::kCsv:
      invocation.console.out << RenderCsv(table);
      return;
    case OutputFormat::kJson:
      invocation.console.out << ToPrettyJson(message);
      return;
  }
}

}  // namespace canvass::cli
