#include "services/canvass/terminal/proto_json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstddef>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"
#include "services/canvass/terminal/input_file.h"

namespace canvass::cli {
namespace {

absl::Status Malformed(const std::string& origin, std::string_view what) {
  return MakeError(reason::kJsonMalformed, fmt::format("{}: {}", origin, what));
}

std::string ToJson(const google::protobuf::Message& message, bool on_lines) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = on_lines;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for google.protobuf.Any with an unknown type, which Canvass does not use.
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &json, options));
  return json;
}

// Finds the start and end of each object in a JSON text without parsing the objects.
class ObjectScanner {
 public:
  explicit ObjectScanner(std::string_view text) : text_(text) {}

  void SkipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool AtEnd() const { return at_ == text_.size(); }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Returns the object that starts here, or an empty text if there is none or it has no end.
  std::string_view TakeObject() {
    if (AtEnd() || text_[at_] != '{') return {};
    const std::size_t start = at_;
    int depth = 0;
    bool in_string = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (in_string) {
        if (c == '\\') ++at_;
        in_string = c != '"';
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{') {
        ++depth;
      } else if (c == '}' && --depth == 0) {
        ++at_;
        return text_.substr(start, at_ - start);
      }
    }
    at_ = start;
    return {};
  }
  std::ptrdiff_t Line() const {
    return 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

absl::Status ParseProtoJson(std::string_view json, const std::string& origin,
                            google::protobuf::Message& message) {
  const google::protobuf::util::Status parsed =
      google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &message);
  if (parsed.ok()) return absl::OkStatus();
  const auto what = parsed.message();
  return Malformed(origin, std::string_view(what.data(), what.size()));
}

absl::Status ReadProtoJson(const std::string& file, google::protobuf::Message& message) {
  const absl::StatusOr<std::string> content = ReadInput(file);
  return content.ok() ? ParseProtoJson(*content, file, message) : content.status();
}

std::string ToPrettyJson(const google::protobuf::Message& message) { return ToJson(message, true); }

std::string ToJsonLine(const google::protobuf::Message& message) { return ToJson(message, false); }

absl::StatusOr<std::vector<std::string>> SplitJsonValues(std::string_view text,
                                                         const std::string& origin) {
  ObjectScanner scanner(text);
  std::vector<std::string> values;
  scanner.SkipBlanks();
  const bool array = scanner.Take('[');
  scanner.SkipBlanks();
  bool closed = array && scanner.Take(']');
  while (!closed && (array || !scanner.AtEnd())) {
    const std::string_view object = scanner.TakeObject();
    if (object.empty()) {
      return Malformed(origin,
                       fmt::format("line {}: expected an object {{...}}, or its end is missing",
                                   scanner.Line()));
    }
    values.emplace_back(object);
    scanner.SkipBlanks();
    if (!array) continue;
    closed = scanner.Take(']');
    if (!closed && !scanner.Take(',')) {
      return Malformed(origin, fmt::format("line {}: expected ',' or ']'", scanner.Line()));
    }
    scanner.SkipBlanks();
  }
  scanner.SkipBlanks();
  if (!scanner.AtEnd()) {
    return Malformed(origin,
                     fmt::format("line {}: text follows the end of the array", scanner.Line()));
  }
  return values;
}

}  // namespace canvass::cli
