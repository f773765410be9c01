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

// PostgreSQL's binary COPY format, both ways: a third of the work of its text format.
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

// Rows on their way into a table. One call a field, in the order of the columns of the COPY
// statement, of the type of the column: PostgreSQL does not convert. Not thread-safe.
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
  // What PostgreSQL's text cannot hold (a zero byte, what is not UTF-8) becomes U+FFFD: no text
  // that somebody submits makes a transaction fail.
  void Text(std::string_view value);
  // timestamptz; before the year 1 and after 9999: minus infinity and infinity.
  void Timestamp(absl::Time value);
  // int4[]; elements that are `null` become NULL.
  void Int32Array(absl::Span<const std::int32_t> values, std::int32_t null);
  void Int16Array(absl::Span<const std::int16_t> values);
  void Int64Array(absl::Span<const std::optional<std::int64_t>> values);
  void TextArray(absl::Span<const std::string> values);
  // text[][2]: {{first, second}, ...}; an empty array where there are none.
  void PairArray(absl::Span<const std::pair<std::string, std::string>> values);

  std::int64_t rows() const { return rows_; }
  // What there is of the stream.
  std::string_view bytes() const { return stream_; }
  // What there is of the stream. Ends it: no more rows.
  std::string_view Finish();
  // Forgets what there is of the stream and was sent: what is put from now on follows it.
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

// One row from a table. One call a field, in order, of the type of the column. A field that is not
// what was asked for, or not there, gives 0 or nothing, and `status` says so. Not thread-safe.
class CopyRow {
 public:
  // `row` as Session::CopyOut hands it out: without the stream's header. Not owned.
  explicit CopyRow(std::string_view row);

  std::optional<bool> Bool();
  std::optional<std::int32_t> Int32();
  std::optional<std::int64_t> Int64();
  // Also of a bytea; valid as long as the row.
  std::optional<std::string_view> Text();
  std::optional<absl::Time> Timestamp();
  std::vector<std::int16_t> Int16Array();
  std::vector<std::optional<std::int64_t>> Int64Array();
  // Of any dimensions, flat.
  std::vector<std::string> TextArray();

  // OK, or DATA_LOSS COPY_MALFORMED for the first field that was not what was asked for.
  const absl::Status& status() const { return status_; }

 private:
  std::optional<std::string_view> Field();
  // The elements of an array of this type, NULL ones absent.
  std::vector<std::optional<std::string_view>> Array(std::uint32_t element_type);
  std::optional<std::string_view> Take(std::size_t bytes);
  std::optional<std::int32_t> TakeInt32();
  void Fail(std::string_view what);

  std::string_view rest_;
  int fields_left_ = 0;
  absl::Status status_;
};

// What a stream starts with.
inline constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_COPY_H_
