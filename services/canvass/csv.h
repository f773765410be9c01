#ifndef CANVASS_SERVICES_CANVASS_CSV_H_
#define CANVASS_SERVICES_CANVASS_CSV_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace canvass {

// One record of a CSV text.
struct CsvRecord {
  int line = 0;            // where it starts, from 1
  std::size_t offset = 0;  // its bytes in the text, without the line end
  std::size_t length = 0;
  std::vector<std::string> fields{};
};

// Reads CSV as RFC 4180 has it, in UTF-8, strictly: what is not CSV is an error that names line and
// column (in characters, from 1), because a reader that guesses moves numbers into wrong columns.
//
//   file   = [BOM] record *(end record) [end]
//   record = field *(delimiter field)
//   field  = '"' *(any but '"' | '""') '"'  |  *(any but delimiter, '"', CR, LF)
//   end    = CRLF | LF
//
// Every record has as many fields as the first. Empty lines at the end of the file are no records.
//
// Errors are INVALID_ARGUMENT with the reason CSV_QUOTE_BROKEN, CSV_TRUNCATED (the file ends inside
// a quoted field, or its last row is short and has no line end), CSV_FIELD_COUNT, CSV_NUL,
// CSV_NOT_UTF8, CSV_LINE_END (a lone CR) or CSV_EMPTY. Not thread-safe.
class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(std::string_view text, char delimiter = ',');

  // The next record; false at the end of the text. After an error the reader is of no use.
  absl::StatusOr<bool> Next(CsvRecord& record);

 private:
  absl::Status ReadField(std::string& field);
  absl::Status ReadQuotedField(std::string& field);
  absl::Status CheckBytes(const CsvRecord& record) const;
  absl::Status CheckFieldCount(const CsvRecord& record) const;
  absl::Status ErrorAt(std::size_t at, std::string_view reason, std::string_view what) const;

  bool AtEnd() const { return at_ == text_.size(); }
  bool AtLineEnd() const { return text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n"; }
  bool OnlyLineEndsLeft() const;
  void SkipLineEnd();

  std::string_view text_;
  char delimiter_;
  std::size_t start_;  // after the byte order mark, if there is one
  std::size_t at_;
  int line_ = 1;            // of at_
  std::size_t fields_ = 0;  // of the first record
  bool last_ended_ = true;  // whether the record before had a line end
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_CSV_H_
