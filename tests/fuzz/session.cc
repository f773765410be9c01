#include "tests/fuzz/session.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>

namespace canvass::fuzz {
namespace {

constexpr std::size_t kHeaderBytes = 3;

}  // namespace

std::vector<Step> SplitSession(std::string_view bytes) {
  std::vector<Step> steps;
  while (bytes.size() >= kHeaderBytes && steps.size() < kStepsMax) {
    const auto low = static_cast<std::uint8_t>(bytes[1]);
    const auto high = static_cast<std::uint8_t>(bytes[2]);
    const std::size_t size = low | std::size_t{high} << 8U;
    steps.push_back({.kind = static_cast<std::uint8_t>(bytes[0]),
                     .bytes = std::string(bytes.substr(kHeaderBytes, size))});
    bytes.remove_prefix(std::min(bytes.size(), kHeaderBytes + size));
  }
  return steps;
}

std::string JoinSession(const std::vector<Step>& steps) {
  std::string bytes;
  for (const Step& step : steps) {
    const std::size_t size =
        std::min<std::size_t>(step.bytes.size(), std::numeric_limits<std::uint16_t>::max());
    bytes += static_cast<char>(step.kind);
    bytes += static_cast<char>(size & 0xFFU);
    bytes += static_cast<char>(size >> 8U);
    bytes.append(step.bytes, 0, size);
  }
  return bytes;
}

Step StepOf(std::uint8_t kind, const google::protobuf::Message& message) {
  return {.kind = kind, .bytes = message.SerializeAsString()};
}

}  // namespace canvass::fuzz
