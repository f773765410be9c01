#include "common/telemetry/log_line.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/base/text_form.h"

namespace canvass::telemetry {
namespace {

// Most lines are of printable ASCII, which needs no look at what Unicode says.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string Clean(std::string_view text) {
  return IsPlain(text) ? std::string(text) : WithoutFaults(text);
}

// `clean` within quotes. It has no control characters, so JSON asks for no more than this.
std::string Quoted(std::string_view clean) {
  std::string quoted = "\"";
  for (const char c : clean) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// Appends a member to an object of JSON, which begins with it.
void AddMember(std::string& object, std::string_view name, std::string_view text) {
  StrAppend(&object, object.empty() ? "{" : ",", Quoted(name), ":", Quoted(Clean(text)));
}

// Without quotes where the value is one word.
std::string FieldText(std::string_view value) {
  const std::string clean = Clean(value);
  return clean.find_first_of(" \"=\\") == std::string::npos ? clean : Quoted(clean);
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace

std::string TextLine(const LogRecord& record) {
  std::string line = StrCat(TimeText(record.time), " ", record.level, " ", record.service, ": ",
                            Clean(record.message));
  for (const LogField& field : record.fields) {
    if (!field.value.empty()) StrAppend(&line, " ", field.name, "=", FieldText(field.value));
  }
  return line;
}

std::string JsonLine(const LogRecord& record) {
  std::string line;
  AddMember(line, "time", TimeText(record.time));
  AddMember(line, "level", record.level);
  AddMember(line, "service", record.service);
  AddMember(line, "message", record.message);
  for (const LogField& field : record.fields) {
    if (!field.value.empty()) AddMember(line, field.name, field.value);
  }
  return line + "}";
}

}  // namespace canvass::telemetry
