#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_

#include <string_view>

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

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_PRINT_H_
