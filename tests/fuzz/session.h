#ifndef CANVASS_TESTS_FUZZ_SESSION_H_
#define CANVASS_TESTS_FUZZ_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass::fuzz {

// One request of a session: which kind, and its bytes.
struct Step {
  std::uint8_t kind = 0;
  std::string bytes{};
};

// Steps that one input may have. The rest is left out, so that no input takes long.
inline constexpr std::size_t kStepsMax = 16;

// Several requests as the bytes of one input: for each its kind (one byte), its size (two bytes,
// the lower one first) and its bytes. Any bytes are a session: the last step may be shorter than it
// says.
std::vector<Step> SplitSession(std::string_view bytes);
std::string JoinSession(const std::vector<Step>& steps);

Step StepOf(std::uint8_t kind, const google::protobuf::Message& message);

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_SESSION_H_
