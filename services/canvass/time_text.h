#ifndef CANVASS_SERVICES_CANVASS_TIME_TEXT_H_
#define CANVASS_SERVICES_CANVASS_TIME_TEXT_H_

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>

namespace canvass {

// "2024-02-07T19:30:00+04:00" or with Z; absent for anything else.
std::optional<google::protobuf::Timestamp> ParseTime(const std::string& text);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_TIME_TEXT_H_
