#ifndef CANVASS_TESTS_FUZZ_TARGET_H_
#define CANVASS_TESTS_FUZZ_TARGET_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

// What libFuzzer calls with bytes that it makes up, and fuzz_test with the files of the corpus.
namespace canvass::fuzz {

// A piece of code that takes bytes from outside. Each file of targets/ has one, named like the
// file, and registers it.
struct Target {
  std::string name;
  // Throws if a property does not hold for these bytes (see Require). What a call leaves behind
  // must not change what the next one does.
  void (*run)(std::string_view bytes) = nullptr;
  // Inputs to begin with.
  std::vector<std::string> (*seeds)() = nullptr;
  // If the input is a session (see session.h): the type of each kind of step, null for plain bytes.
  // The fuzzer then changes fields of messages.
  std::vector<const google::protobuf::Message*> steps{};
  // Texts that the target knows, e.g. ids, for fields of messages.
  std::vector<std::string> words{};
};

// Registers a target before main.
class Registration {
 public:
  explicit Registration(Target target);
};

// Those that are linked into this program.
const std::vector<Target>& Targets();

// Throws std::logic_error that names the property, unless it holds. libFuzzer takes that for a
// crash, and a test for a failure.
void Require(bool holds, std::string_view property);

// Requires of an error that it has a reason and means no bug (INTERNAL).
void RequireReason(const absl::Status& status);
// Requires of an error of a service also that it gets to its client: that it is UTF-8 and not too
// large for a trailer, and that code and reason stay.
void RequireGoodError(const absl::Status& status);
// Requires that a client can read the message, and that it has at most `bytes_max` bytes.
void RequireReadable(const google::protobuf::Message& message, std::size_t bytes_max);

// Remembers a text that an answer contained, e.g. a page token, so that messages to come may
// contain it.
void Learn(const std::string& text);
const std::vector<std::string>& Learned();

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_TARGET_H_
