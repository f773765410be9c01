#ifndef CANVASS_SERVICES_CANVASS_TABLE_H_
#define CANVASS_SERVICES_CANVASS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace canvass {

// How a column is laid out for people: counts right-aligned with a blank between thousands,
// decimals right-aligned, text left-aligned.
enum class ColumnKind : std::uint8_t { kText, kCount, kDecimal };

struct Column {
  std::string name{};   // for programs, e.g. "share_percent"
  std::string title{};  // for people, e.g. "share %"
  ColumnKind kind = ColumnKind::kText;
};

// Cells as programs read them: integers as digits, no blanks, "" for unknown.
using Row = std::vector<std::string>;

// Rows of one kind.
struct Table {
  std::vector<Column> columns{};
  std::vector<Row> rows{};
};

// Lays out rows for people. Rows come in portions; a column is as wide as its widest cell so far,
// so that the first portion decides unless later cells are wider.
class TableLayout {
 public:
  explicit TableLayout(std::vector<Column> columns);

  // The titles, once, and the rows; every line ends with a newline. REQUIRES: each row has a cell a
  // column.
  std::string Render(const std::vector<Row>& rows);

 private:
  std::string RenderLine(const Row& cells) const;

  std::vector<Column> columns_;
  std::vector<int> widths_;
  bool titles_rendered_ = false;
};

// The whole table for people.
std::string RenderTable(const Table& table);
// RFC 4180 with a line of column names.
std::string RenderCsv(const Table& table);

// One CSV line of these fields, quoted where it must be, with its line end ("\n").
std::string CsvLine(const Row& fields, char delimiter = ',');

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_TABLE_H_
