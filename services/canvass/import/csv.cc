#include "services/canvass/import/csv.h"

#include <algorithm>
#include <optional>

#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/utf8.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::Status CsvError(const Reason& reason, const std::string& message) {
  return MakeError(reason, message);
}

// In UTF-16, every character of plain text contains a NUL byte.
bool LooksLikeUtf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

// Returns the number of characters in `text`. A byte that is not UTF-8 counts as one character.
std::size_t Characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    const std::optional<CodePoint> character = FirstCodePoint(text);
    text.remove_prefix(character ? character->bytes : 1);
  }
  return count;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, char delimiter)
    : text_(text),
      delimiter_(delimiter),
      start_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0),
      at_(start_) {}

absl::StatusOr<bool> CsvReader::Next(CsvRecord& record) {
  if (at_ == start_ && AtEnd()) return CsvError(reason::kCsvEmpty, "The file is empty");
  if (AtEnd() || (fields_ > 0 && OnlyLineEndsLeft())) return false;
  record.line = line_;
  record.offset = at_;
  std::size_t count = 0;
  for (bool more = true; more; ++count) {
    if (count == record.fields.size()) record.fields.emplace_back();
    const absl::Status read = ReadField(record.fields[count]);
    if (!read.ok()) return read;
    more = !AtEnd() && text_[at_] == delimiter_;
    if (more) ++at_;
  }
  record.fields.resize(count);
  record.length = at_ - record.offset;
  last_ended_ = !AtEnd();
  if (!AtEnd()) SkipLineEnd();
  const absl::Status bytes = CheckBytes(record);
  if (!bytes.ok()) return bytes;
  const absl::Status fields = CheckFieldCount(record);
  if (!fields.ok()) return fields;
  fields_ = count;
  return true;
}

absl::Status CsvReader::ReadField(std::string& field) {
  field.clear();
  if (!AtEnd() && text_[at_] == '"') return ReadQuotedField(field);
  const std::size_t start = at_;
  while (!AtEnd() && text_[at_] != delimiter_ && !AtLineEnd()) {
    if (text_[at_] == '"') {
      return ErrorAt(at_, reason::kCsvQuoteBroken, "an unquoted field contains a quote");
    }
    if (text_[at_] == '\r') {
      return ErrorAt(at_, reason::kCsvLineEnd, "a carriage return is not followed by a line feed");
    }
    ++at_;
  }
  field.assign(text_.substr(start, at_ - start));
  return absl::OkStatus();
}

absl::Status CsvReader::ReadQuotedField(std::string& field) {
  const std::size_t start = at_++;
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      return ErrorAt(
          start, reason::kCsvTruncated,
          "the quoted field that starts here has no closing quote; the file may be truncated");
    }
    field += text_.substr(at_, quote - at_);
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
    at_ = quote + 1;
    if (AtEnd() || text_[at_] != '"') break;
    field += '"';
    ++at_;
  }
  if (AtEnd() || text_[at_] == delimiter_ || AtLineEnd()) return absl::OkStatus();
  return ErrorAt(at_, reason::kCsvQuoteBroken, "text follows the closing quote of a field");
}

absl::Status CsvReader::CheckBytes(const CsvRecord& record) const {
  const std::string_view bytes = text_.substr(record.offset, record.length);
  const std::size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos) {
    return ErrorAt(record.offset + nul, reason::kCsvNul,
                   LooksLikeUtf16(text_) ? "the file is UTF-16; save it as UTF-8" : "a NUL byte");
  }
  if (IsUtf8(bytes)) return absl::OkStatus();
  std::size_t at = 0;
  for (std::optional<CodePoint> next; (next = FirstCodePoint(bytes.substr(at)));
       at += next->bytes) {
  }
  return ErrorAt(record.offset + at, reason::kCsvNotUtf8,
                 fmt::format("the byte 0x{:02X} is not UTF-8; save the file as UTF-8",
                             static_cast<unsigned char>(bytes[at])));
}

absl::Status CsvReader::CheckFieldCount(const CsvRecord& record) const {
  if (fields_ == 0 || record.fields.size() == fields_) return absl::OkStatus();
  const std::string counts = fmt::format("{} of {} fields", record.fields.size(), fields_);
  if (!last_ended_ && record.fields.size() < fields_) {
    return ErrorAt(
        record.offset + record.length, reason::kCsvTruncated,
        fmt::format("the last row ends after {} without a line end; the file may be truncated",
                    counts));
  }
  if (record.length == 0)
    return ErrorAt(record.offset, reason::kCsvFieldCount, "an empty line between rows");
  return ErrorAt(record.offset + record.length, reason::kCsvFieldCount,
                 fmt::format("the row has {}", counts));
}

absl::Status CsvReader::ErrorAt(std::size_t at, const Reason& reason, std::string_view what) const {
  const std::string_view before = text_.substr(start_, at - start_);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_feed = before.rfind('\n');
  const std::string_view line_before =
      line_feed == std::string_view::npos ? before : before.substr(line_feed + 1);
  return CsvError(reason,
                  fmt::format("Line {}, column {}: {}", line, Characters(line_before) + 1, what));
}

bool CsvReader::OnlyLineEndsLeft() const {
  return text_.find_first_not_of("\r\n", at_) == std::string_view::npos;
}

void CsvReader::SkipLineEnd() {
  at_ += text_[at_] == '\n' ? 1 : 2;
  ++line_;
}

}  // namespace canvass::cli
