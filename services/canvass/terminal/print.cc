#include "services/canvass/terminal/print.h"

#include <ostream>

#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/proto_json.h"

namespace canvass::cli {

void Print(const Session& session, std::string_view text, const Table& table,
           const google::protobuf::Message& message) {
  switch (session.options.format) {
    case OutputFormat::kTable:
      session.console.out << text;
      return;
    case OutputFormat::kCsv:
      session.console.out << RenderCsv(table);
      return;
    case OutputFormat::kJson:
      session.console.out << ToPrettyJson(message);
      return;
  }
}

}  // namespace canvass::cli
