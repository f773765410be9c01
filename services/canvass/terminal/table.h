#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_TABLE_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace canvass::cli {

// Layout of a column for people. Counts are right-aligned with a blank between thousands, decimals
// are right-aligned, and text is left-aligned.
enum class ColumnKind : std::uint8_t { kText, kCount, kDecimal };

struct Column {
  std::string name{};   // for programs, e.g. "share_percent"
  std::string title{};  // for people, e.g. "share %"
  ColumnKind kind = ColumnKind::kText;
};

// Cells in the form for programs: integers as plain digits, "" for unknown.
using Row = std::vector<std::string>;

// Rows with the same columns.
struct Table {
  std::vector<Column> columns{};
  std::vector<Row> rows{};
};

// Lays out rows for people. Rows arrive in portions. A column is as wide as its widest cell so far,
// so later portions only become wider if one of their cells is.
class TableLayout {
 public:
  explicit TableLayout(std::vector<Column> columns);

  // Returns the rows as lines, after a line of titles on the first call. Every line ends with a
  // newline. REQUIRES: each row has one cell for each column.
  std::string Render(const std::vector<Row>& rows);

 private:
  std::string RenderLine(const Row& cells) const;

  std::vector<Column> columns_;
  std::vector<int> widths_;
  bool titles_rendered_ = false;
};

// Lays out the whole table for people.
std::string RenderTable(const Table& table);
// Returns CSV with a first line of column names. Lines end with "\n". Cells keep every byte, also
// those that a spreadsheet takes for a formula ("+Europa"): CSV is for programs, which need the
// data as it is.
std::string RenderCsv(const Table& table);

// Returns one CSV line with its line end ("\n"). Fields are quoted where necessary.
std::string CsvLine(const Row& fields, char delimiter = ',');

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_TABLE_H_
