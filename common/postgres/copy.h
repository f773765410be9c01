#ifndef CANVASS_COMMON_POSTGRES_COPY_H_
#define CANVASS_COMMON_POSTGRES_COPY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

// Encodes and decodes PostgreSQL's binary COPY format, which takes a third of the work of its text
// format.
//
//   stream  = header *row %xFFFF
//   header  = "PGCOPY" %x0A.FF.0D.0A.00 flags(0) extension-length(0)
//   row     = number-of-fields(int16) *field
//   field   = length(int32) *byte / %xFFFFFFFF            ; the latter is NULL
//   array   = dimensions(int32) has-nulls(int32) element-type(int32)
//             dimensions*(length(int32) lower-bound(int32)) *field
//
// Integers are big-endian. A timestamptz is an int64 of microseconds since 2000-01-01T00:00:00Z.
namespace canvass::postgres {

// Encodes rows for a table. Each field takes one call, in the order of the COPY statement's
// columns. The call must match the column's type, because PostgreSQL does not convert. Not
// thread-safe.
class CopyEncoder {
 public:
  CopyEncoder();

  void StartRow(int fields);
  void Null();
  void Bool(bool value);
  void Int16(std::int16_t value);
  void Int32(std::int32_t value);
  void Int64(std::int64_t value);
  void Bytes(std::string_view value);
  // Replaces what a PostgreSQL text cannot hold (zero bytes and invalid UTF-8) with U+FFFD, so that
  // no submitted text can make a transaction fail.
  void Text(std::string_view value);
  // timestamptz. Times before the year 1 or after 9999 become minus infinity or infinity.
  void Timestamp(absl::Time value);
  // int4[]. Elements equal to `null` become NULL.
  void Int32Array(absl::Span<const std::int32_t> values, std::int32_t null);
  void Int16Array(absl::Span<const std::int16_t> values);
  void Int64Array(absl::Span<const std::optional<std::int64_t>> values);
  void TextArray(absl::Span<const std::string> values);
  // text[][2]: {{first, second}, ...}. Without pairs it is an empty array.
  void PairArray(absl::Span<const std::pair<std::string, std::string>> values);

  std::int64_t rows() const { return rows_; }
  // Returns the encoded part of the stream that has not been dropped.
  std::string_view bytes() const { return stream_; }
  // Ends the stream and returns the part of it that has not been dropped. No rows may follow.
  std::string_view Finish();
  // Drops the encoded bytes after the caller has sent them. Later fields continue the stream.
  void DropSent() { stream_.clear(); }

 private:
  void PutInt16(std::int16_t value);
  void PutInt32(std::int32_t value);
  void PutInt64(std::int64_t value);
  void StartArray(std::uint32_t element_type, bool has_nulls, std::size_t length);
  std::size_t StartField();
  void EndField(std::size_t start);

  std::string stream_;
  std::int64_t rows_ = 0;
};

// Decodes one row of a table. Each field takes one call, in order and of the column's type. NULL is
// returned as nullopt or as an empty array. If a field is missing or malformed, the call returns no
// usable value, and `status` reports the first such field. Not thread-safe.
class CopyRow {
 public:
  // Takes a row as Session::CopyOut passes it, without the stream's header. Not owned.
  explicit CopyRow(std::string_view row);

  std::optional<bool> Bool();
  std::optional<std::int32_t> Int32();
  std::optional<std::int64_t> Int64();
  // Also decodes a bytea. Valid as long as the row.
  std::optional<std::string_view> Text();
  std::optional<absl::Time> Timestamp();
  std::vector<std::int16_t> Int16Array();
  std::vector<std::optional<std::int32_t>> Int32Array();
  std::vector<std::optional<std::int64_t>> Int64Array();
  // Returns the elements of an array of any dimensions as one flat list.
  std::vector<std::string> TextArray();

  // OK, or DATA_LOSS COPY_MALFORMED for the first field that could not be decoded.
  const absl::Status& status() const { return status_; }

 private:
  std::optional<std::string_view> Field();
  // Returns the elements of an array of this type. NULL elements are nullopt.
  std::vector<std::optional<std::string_view>> Array(std::uint32_t element_type);
  std::optional<std::string_view> Take(std::size_t bytes);
  std::optional<std::int32_t> TakeInt32();
  void Fail(std::string_view what);

  std::string_view rest_;
  int fields_left_ = 0;
  absl::Status status_;
};

// Header of every stream.
inline constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_COPY_H_
