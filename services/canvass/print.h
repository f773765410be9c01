#ifndef CANVASS_SERVICES_CANVASS_PRINT_H_
#define CANVASS_SERVICES_CANVASS_PRINT_H_

#include <string_view>

#include "services/canvass/command.h"
#include "services/canvass/table.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass {

// Writes one answer in the format that was asked for: `text` for people, `table` as CSV, or
// `message` as JSON.
void Print(const Session& session, std::string_view text, const Table& table,
           const google::protobuf::Message& message);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_PRINT_H_
