#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_TIME_TEXT_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_TIME_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>

namespace canvass::cli {

// Parses "2024-02-07T19:30:00+04:00", also with Z. Returns nullopt for anything else.
std::optional<google::protobuf::Timestamp> ParseTime(const std::string& text);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_TIME_TEXT_H_
