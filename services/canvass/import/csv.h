#ifndef CANVASS_SERVICES_CANVASS_IMPORT_CSV_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_CSV_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/reason.h"

namespace canvass::cli {

// One record of CSV.
struct CsvRecord {
  int line = 0;            // line on which it starts, from 1
  std::size_t offset = 0;  // its bytes in the text, without the line end
  std::size_t length = 0;
  std::vector<std::string> fields{};
};

// Reads CSV in UTF-8 strictly as defined by RFC 4180. A text that is not CSV is an error, because a
// reader that guesses moves numbers into wrong columns. Errors name the line and the column (in
// characters, from 1).
//
//   file   = [BOM] record *(end record) [end]
//   record = field *(delimiter field)
//   field  = '"' *(any but '"' | '""') '"'  |  *(any but delimiter, '"', CR, LF)
//   end    = CRLF | LF
//
// Every record has as many fields as the first one. Empty lines at the end of the file are ignored.
//
// Errors are INVALID_ARGUMENT with one of the reasons CSV_QUOTE_BROKEN, CSV_TRUNCATED (the file
// ends inside a quoted field, or its last row is short and has no line end), CSV_FIELD_COUNT,
// CSV_NUL, CSV_NOT_UTF8, CSV_LINE_END (a lone CR) or CSV_EMPTY. Not thread-safe.
class CsvReader {
 public:
  // `text` must outlive this.
  explicit CsvReader(std::string_view text, char delimiter = ',');

  // Reads the next record. Returns false at the end of the text. Must not be called after an error.
  absl::StatusOr<bool> Next(CsvRecord& record);

 private:
  absl::Status ReadField(std::string& field);
  absl::Status ReadQuotedField(std::string& field);
  absl::Status CheckBytes(const CsvRecord& record) const;
  absl::Status CheckFieldCount(const CsvRecord& record) const;
  absl::Status ErrorAt(std::size_t at, const Reason& reason, std::string_view what) const;

  bool AtEnd() const { return at_ == text_.size(); }
  bool AtLineEnd() const { return text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n"; }
  bool OnlyLineEndsLeft() const;
  void SkipLineEnd();

  std::string_view text_;
  char delimiter_;
  std::size_t start_;  // first byte after the byte order mark, if any
  std::size_t at_;
  int line_ = 1;            // line of at_
  std::size_t fields_ = 0;  // fields of the first record
  bool last_ended_ = true;  // whether the last record had a line end
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_CSV_H_
