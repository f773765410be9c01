#include "common/postgres/copy.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/big_endian.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace canvass::postgres {
namespace {

// Type ids from pg_type, which never change.
constexpr std::uint32_t kInt8Type = 20;
constexpr std::uint32_t kInt2Type = 21;
constexpr std::uint32_t kInt4Type = 23;
constexpr std::uint32_t kTextType = 25;

constexpr std::int32_t kNullLength = -1;

absl::Time PostgresEpoch() { return absl::FromUnixSeconds(946'684'800); }
absl::Time FirstTimestamp() { return absl::FromUnixSeconds(-62'135'596'800); }  // 0001-01-01
absl::Time LastTimestamp() { return absl::FromUnixSeconds(253'402'300'800); }   // 10000-01-01

bool NeedsCleaning(std::string_view text) {
  return text.find('\0') != std::string_view::npos || !IsUtf8(text);
}

// Returns `text` with each byte that PostgreSQL does not accept in a text replaced by U+FFFD.
std::string Clean(std::string_view text) {
  constexpr std::size_t kSequenceBytesMax = 4;
  std::string clean;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= std::min(kSequenceBytesMax, text.size()) && !IsUtf8(text.substr(0, length))) {
      ++length;
    }
    const bool fits = length <= std::min(kSequenceBytesMax, text.size()) && text.front() != '\0';
    if (fits) {
      clean += text.substr(0, length);
    } else {
      length = 1;
      clean += "\xEF\xBF\xBD";
    }
    text.remove_prefix(length);
  }
  return clean;
}

}  // namespace

CopyEncoder::CopyEncoder() : stream_(kCopyHeader) {}

void CopyEncoder::StartRow(int fields) {
  PutInt16(static_cast<std::int16_t>(fields));
  ++rows_;
}

void CopyEncoder::Null() { PutInt32(kNullLength); }

void CopyEncoder::Bool(bool value) {
  PutInt32(1);
  stream_.push_back(value ? '\1' : '\0');
}

void CopyEncoder::Int16(std::int16_t value) {
  PutInt32(sizeof(value));
  PutInt16(value);
}

void CopyEncoder::Int32(std::int32_t value) {
  PutInt32(sizeof(value));
  PutInt32(value);
}

void CopyEncoder::Int64(std::int64_t value) {
  PutInt32(sizeof(value));
  PutInt64(value);
}

void CopyEncoder::Bytes(std::string_view value) {
  PutInt32(static_cast<std::int32_t>(value.size()));
  stream_.append(value);
}

void CopyEncoder::Text(std::string_view value) {
  if (NeedsCleaning(value)) {
    Bytes(Clean(value));
  } else {
    Bytes(value);
  }
}

void CopyEncoder::Timestamp(absl::Time value) {
  if (value < FirstTimestamp()) {
    Int64(std::numeric_limits<std::int64_t>::min());
  } else if (value >= LastTimestamp()) {
    Int64(std::numeric_limits<std::int64_t>::max());
  } else {
    Int64(absl::ToInt64Microseconds(value - PostgresEpoch()));
  }
}

void CopyEncoder::Int32Array(absl::Span<const std::int32_t> values, std::int32_t null) {
  const std::size_t start = StartField();
  const bool has_nulls = std::find(values.begin(), values.end(), null) != values.end();
  StartArray(kInt4Type, has_nulls, values.size());
  for (const std::int32_t value : values) {
    if (value == null) {
      Null();
    } else {
      Int32(value);
    }
  }
  EndField(start);
}

void CopyEncoder::Int16Array(absl::Span<const std::int16_t> values) {
  const std::size_t start = StartField();
  StartArray(kInt2Type, false, values.size());
  for (const std::int16_t value : values) Int16(value);
  EndField(start);
}

void CopyEncoder::Int64Array(absl::Span<const std::optional<std::int64_t>> values) {
  const std::size_t start = StartField();
  const bool has_nulls = std::find(values.begin(), values.end(), std::nullopt) != values.end();
  StartArray(kInt8Type, has_nulls, values.size());
  for (const std::optional<std::int64_t>& value : values) {
    if (value) {
      Int64(*value);
    } else {
      Null();
    }
  }
  EndField(start);
}

void CopyEncoder::TextArray(absl::Span<const std::string> values) {
  const std::size_t start = StartField();
  StartArray(kTextType, false, values.size());
  for (const std::string& value : values) Text(value);
  EndField(start);
}

void CopyEncoder::PairArray(absl::Span<const std::pair<std::string, std::string>> values) {
  const std::size_t start = StartField();
  PutInt32(values.empty() ? 0 : 2);
  PutInt32(0);
  PutInt32(kTextType);
  if (!values.empty()) {
    for (const std::size_t length : {values.size(), std::size_t{2}}) {
      PutInt32(static_cast<std::int32_t>(length));
      PutInt32(1);
    }
  }
  for (const auto& [first, second] : values) {
    Text(first);
    Text(second);
  }
  EndField(start);
}

std::string_view CopyEncoder::Finish() {
  PutInt16(-1);
  return stream_;
}

void CopyEncoder::PutInt16(std::int16_t value) { AppendBigEndian(stream_, value); }
void CopyEncoder::PutInt32(std::int32_t value) { AppendBigEndian(stream_, value); }
void CopyEncoder::PutInt64(std::int64_t value) { AppendBigEndian(stream_, value); }

void CopyEncoder::StartArray(std::uint32_t element_type, bool has_nulls, std::size_t length) {
  PutInt32(length == 0 ? 0 : 1);
  PutInt32(has_nulls ? 1 : 0);
  PutInt32(static_cast<std::int32_t>(element_type));
  if (length == 0) return;
  PutInt32(static_cast<std::int32_t>(length));
  PutInt32(1);
}

std::size_t CopyEncoder::StartField() {
  PutInt32(0);  // length, filled in by EndField
  return stream_.size();
}

void CopyEncoder::EndField(std::size_t start) {
  std::string length;
  AppendBigEndian(length, static_cast<std::int32_t>(stream_.size() - start));
  stream_.replace(start - length.size(), length.size(), length);
}

CopyRow::CopyRow(std::string_view row) : rest_(row) {
  if (const auto count = Take(sizeof(std::int16_t))) {
    fields_left_ = ReadBigEndian<std::int16_t>(*count);
  }
}

std::optional<std::string_view> CopyRow::Take(std::size_t bytes) {
  if (rest_.size() < bytes) {
    Fail("is truncated");
    return std::nullopt;
  }
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::optional<std::int32_t> CopyRow::TakeInt32() {
  const auto bytes = Take(sizeof(std::int32_t));
  if (!bytes) return std::nullopt;
  return ReadBigEndian<std::int32_t>(*bytes);
}

std::optional<std::string_view> CopyRow::Field() {
  if (fields_left_ <= 0) {
    Fail("has too few fields");
    return std::nullopt;
  }
  --fields_left_;
  const auto length = TakeInt32();
  if (!length || *length == kNullLength) return std::nullopt;
  if (*length < 0) {
    Fail("has a field of negative length");
    return std::nullopt;
  }
  return Take(static_cast<std::size_t>(*length));
}

std::optional<bool> CopyRow::Bool() {
  const auto field = Field();
  if (!field) return std::nullopt;
  if (field->size() == 1) return field->front() != '\0';
  Fail("has another value where a bool was expected");
  return std::nullopt;
}

std::optional<std::int32_t> CopyRow::Int32() {
  const auto field = Field();
  if (!field) return std::nullopt;
  if (field->size() == sizeof(std::int32_t)) return ReadBigEndian<std::int32_t>(*field);
  Fail("has another value where an int4 was expected");
  return std::nullopt;
}

std::optional<std::int64_t> CopyRow::Int64() {
  const auto field = Field();
  if (!field) return std::nullopt;
  if (field->size() == sizeof(std::int64_t)) return ReadBigEndian<std::int64_t>(*field);
  Fail("has another value where an int8 was expected");
  return std::nullopt;
}

std::optional<std::string_view> CopyRow::Text() { return Field(); }

std::optional<absl::Time> CopyRow::Timestamp() {
  const auto microseconds = Int64();
  if (!microseconds) return std::nullopt;
  if (*microseconds == std::numeric_limits<std::int64_t>::min()) return absl::InfinitePast();
  if (*microseconds == std::numeric_limits<std::int64_t>::max()) return absl::InfiniteFuture();
  return PostgresEpoch() + absl::Microseconds(*microseconds);
}

std::vector<std::optional<std::string_view>> CopyRow::Array(std::uint32_t element_type) {
  const auto field = Field();
  if (!field) return {};
  // Take reads from rest_, so rest_ is set to the array while its elements are read, and to the
  // rest of the row afterwards.
  const std::string_view after = std::exchange(rest_, *field);
  std::size_t length = 1;
  const std::int32_t dimensions = TakeInt32().value_or(0);
  TakeInt32();  // has-nulls
  if (std::cmp_not_equal(TakeInt32().value_or(0), element_type)) {
    Fail("has an array of an unexpected type");
  }
  if (dimensions == 0) length = 0;
  for (std::int32_t i = 0; i < dimensions && status_.ok(); ++i) {
    length *= static_cast<std::size_t>(std::max(TakeInt32().value_or(0), 0));
    TakeInt32();  // lower bound
  }
  std::vector<std::optional<std::string_view>> elements;
  while (status_.ok() && elements.size() < length) {
    const std::int32_t bytes = TakeInt32().value_or(kNullLength);
    elements.push_back(bytes < 0 ? std::nullopt : Take(static_cast<std::size_t>(bytes)));
  }
  rest_ = after;
  return elements;
}

std::vector<std::int16_t> CopyRow::Int16Array() {
  std::vector<std::int16_t> values;
  for (const auto& element : Array(kInt2Type)) {
    const bool fits = element && element->size() == sizeof(std::int16_t);
    values.push_back(fits ? ReadBigEndian<std::int16_t>(*element) : std::int16_t{0});
  }
  return values;
}

std::vector<std::optional<std::int32_t>> CopyRow::Int32Array() {
  std::vector<std::optional<std::int32_t>> values;
  for (const auto& element : Array(kInt4Type)) {
    const bool fits = element && element->size() == sizeof(std::int32_t);
    values.push_back(fits ? std::optional(ReadBigEndian<std::int32_t>(*element)) : std::nullopt);
  }
  return values;
}

std::vector<std::optional<std::int64_t>> CopyRow::Int64Array() {
  std::vector<std::optional<std::int64_t>> values;
  for (const auto& element : Array(kInt8Type)) {
    const bool fits = element && element->size() == sizeof(std::int64_t);
    values.push_back(fits ? std::optional(ReadBigEndian<std::int64_t>(*element)) : std::nullopt);
  }
  return values;
}

std::vector<std::string> CopyRow::TextArray() {
  std::vector<std::string> values;
  for (const auto& element : Array(kTextType)) values.emplace_back(element.value_or(""));
  return values;
}

void CopyRow::Fail(std::string_view what) {
  if (!status_.ok()) return;
  status_ = MakeError(reason::kCopyMalformed, StrCat("A row from PostgreSQL ", what));
}

}  // namespace canvass::postgres
