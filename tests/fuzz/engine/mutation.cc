#include "tests/fuzz/engine/mutation.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "common/base/utf8.h"
#include "tests/fuzz/session.h"

// Of libFuzzer: changes `size` bytes at `data` and returns how many there are then.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace canvass::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string MutateBytes(std::string bytes) {
  const std::size_t size = bytes.size();
  bytes.resize(size + 32);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
  return bytes;
}

// Changes fields of messages.
class FieldMutation {
 public:
  FieldMutation(const Target& target, std::minstd_rand& random)
      : target_(target), random_(random) {}

  void Change(Message& message) {
    const Reflection& reflection = *message.GetReflection();
    const auto& descriptor = *message.GetDescriptor();
    if (descriptor.field_count() == 0) return;
    const FieldDescriptor& field = *descriptor.field(Below(descriptor.field_count()));
    if (field.is_repeated()) {
      ChangeRepeated(message, reflection, field);
    } else if (Below(8) == 0) {
      reflection.ClearField(&message, &field);
    } else {
      ChangeSingle(message, reflection, field);
    }
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  void ChangeRepeated(Message& message, const Reflection& reflection,
                      const FieldDescriptor& field) {
    const int size = reflection.FieldSize(message, &field);
    switch (size == 0 ? 0 : Below(5)) {
      case 0:
        return Add(message, reflection, field);
      case 1:
        return reflection.RemoveLast(&message, &field);
      case 2:
        return reflection.SwapElements(&message, &field, Below(size), Below(size));
      default:
        return ChangeElement(message, reflection, field, Below(size));
    }
  }

  void Add(Message& message, const Reflection& reflection, const FieldDescriptor& field) {
    const int size = reflection.FieldSize(message, &field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message& added = *reflection.AddMessage(&message, &field);
        if (size > 0) added.CopyFrom(reflection.GetRepeatedMessage(message, &field, Below(size)));
        return Change(added);
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, &field, Text(""));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.AddInt64(&message, &field, Number(0));
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(&message, &field, static_cast<std::int32_t>(Number(0)));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.AddEnumValue(&message, &field, Below(8));
      default:
        return;
    }
  }

  void ChangeElement(Message& message, const Reflection& reflection, const FieldDescriptor& field,
                     int at) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Change(*reflection.MutableRepeatedMessage(&message, &field, at));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetRepeatedString(
            &message, &field, at, Text(reflection.GetRepeatedString(message, &field, at)));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetRepeatedInt64(
            &message, &field, at, Number(reflection.GetRepeatedInt64(message, &field, at)));
      default:
        return;
    }
  }

  void ChangeSingle(Message& message, const Reflection& reflection, const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Change(*reflection.MutableMessage(&message, &field));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field,
                                    field.type() == FieldDescriptor::TYPE_BYTES
                                        ? MutateBytes(reflection.GetString(message, &field))
                                        : Text(reflection.GetString(message, &field)));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, Number(reflection.GetInt64(message, &field)));
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(
            &message, &field,
            static_cast<std::int32_t>(Number(reflection.GetInt32(message, &field))));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, &field, !reflection.GetBool(message, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, &field,
                                       Below(field.enum_type()->value_count() + 1));
      default:
        return;
    }
  }

  std::int64_t Number(std::int64_t now) {
    using Int64 = std::numeric_limits<std::int64_t>;
    using Int32 = std::numeric_limits<std::int32_t>;
    static constexpr std::int64_t kEdges[] = {0,
                                              1,
                                              -1,
                                              2,
                                              100,
                                              1'000,
                                              Int32::max(),
                                              Int32::min(),
                                              Int64::max(),
                                              Int64::min(),
                                              std::int64_t{1} << 32U,
                                              2'000'000'000};
    switch (Below(6)) {
      case 0:
        return kEdges[static_cast<std::size_t>(Below(std::size(kEdges)))];
      case 1:
        return Below(600);
      case 2:
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(now) ^
                                         (std::uint64_t{1} << static_cast<unsigned>(Below(64))));
      default:  // wraps around at the ends
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(now) +
                                         static_cast<std::uint64_t>(Below(7) - 3));
    }
  }

  std::string Text(const std::string& now) {
    const std::vector<std::string>& learned = Learned();
    const int choice = Below(8);
    if (choice < 4 && !target_.words.empty()) return Pick(target_.words);
    if (choice < 6 && !learned.empty()) return Pick(learned);
    std::string text = MutateBytes(now);
    // protobuf takes no other texts, so only few of them should be tried.
    return IsUtf8(text) || Below(16) == 0 ? text : Pick(target_.words);
  }

  std::string Pick(const std::vector<std::string>& texts) {
    if (texts.empty()) return "";
    return texts[static_cast<std::size_t>(Below(static_cast<int>(texts.size())))];
  }

  const Target& target_;
  std::minstd_rand& random_;
};

class SessionMutation {
 public:
  SessionMutation(const Target& target, std::vector<Step> steps, unsigned seed)
      : target_(target), steps_(std::move(steps)), random_(seed) {}

  std::vector<Step> Mutated() {
    if (steps_.empty()) Insert();
    const int changes = 1 + Below(4);
    for (int i = 0; i < changes; ++i) Change();
    return std::move(steps_);
  }

 private:
  int Below(std::size_t limit) { return static_cast<int>(random_() % limit); }
  std::size_t Any() { return static_cast<std::size_t>(Below(steps_.size())); }

  void Change() {
    switch (steps_.empty() ? 0 : Below(12)) {
      case 0:
        return Insert();
      case 1:
        steps_.erase(steps_.begin() + Below(steps_.size()));
        return;
      case 2:
        steps_.insert(steps_.begin() + Below(steps_.size() + 1), Step(steps_[Any()]));
        return;
      case 3:
        return std::swap(steps_[Any()], steps_[Any()]);
      default:
        return ChangeStep(steps_[Any()]);
    }
  }

  void Insert() {
    const auto kind = static_cast<std::uint8_t>(Below(target_.steps.size()));
    Step step{.kind = kind};
    ChangeStep(step);
    steps_.insert(steps_.begin() + Below(steps_.size() + 1), std::move(step));
  }

  void ChangeStep(Step& step) {
    const Message* const type = target_.steps[step.kind % target_.steps.size()];
    const std::unique_ptr<Message> message(type == nullptr ? nullptr : type->New());
    if (message == nullptr || Below(32) == 0 || !message->ParseFromString(step.bytes)) {
      step.bytes = MutateBytes(step.bytes);
      return;
    }
    FieldMutation mutation(target_, random_);
    const int changes = 1 + Below(4);
    for (int i = 0; i < changes; ++i) mutation.Change(*message);
    message->SerializePartialToString(&step.bytes);
  }

  const Target& target_;
  std::vector<Step> steps_;
  std::minstd_rand random_;
};

}  // namespace

std::string MutateSession(const Target& target, std::string_view session, std::size_t bytes_max,
                          unsigned seed) {
  std::string mutated =
      JoinSession(SessionMutation(target, SplitSession(session), seed + 1).Mutated());
  if (mutated.size() > bytes_max) mutated.resize(bytes_max);
  return mutated;
}

}  // namespace canvass::fuzz
