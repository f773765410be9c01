#include "services/canvass/terminal/print.h"

#include <ostream>

#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {

void Print(const Invocation& invocation, std::string_view text, const Table& table,
           const google::protobuf::Message& message) {
  switch (invocation.options.format) {
    case OutputFormat::kTable:
      invocation.console.out << text;
      return;
    case OutputFormat::kCsv:
      invocation.console.out << CsvHeader(table.columns);
      for (const Row& row : table.rows) {
        invocation.console.out << CsvLineFor(invocation.console, row);
      }
      return;
    case OutputFormat::kJson:
      invocation.console.out << ToPrettyJson(message);
      return;
  }
}

std::string CsvLineFor(const Console& console, Row row) {
  if (console.out_is_terminal) {
    for (std::string& cell : row) cell = Printable(cell);
  }
  return CsvLine(row);
}

std::string CsvHeader(const std::vector<Column>& columns) {
  return RenderCsv({.columns = columns, .rows = {}});
}

}  // namespace canvass::cli
