#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_

#include <string>
#include <string_view>
#include <vector>

#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/table.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass::cli {

// Writes one response in the requested output format: `text` for people, `table` as CSV, or
// `message` as JSON.
void Print(const Invocation& invocation, std::string_view text, const Table& table,
           const google::protobuf::Message& message);

// Returns the row as a CSV line. On a terminal, cells are Printable.
std::string CsvLineFor(const Console& console, Row row);
// Returns the line of column names.
std::string CsvHeader(const std::vector<Column>& columns);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_
