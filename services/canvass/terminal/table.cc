#include "services/canvass/terminal/table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

constexpr std::string_view kGap = "  ";

std::string CellText(const Column& column, std::string_view cell) {
  return column.kind == ColumnKind::kCount ? GroupThousands(cell) : Printable(cell);
}

std::string QuotedField(const std::string& field, char delimiter) {
  const bool plain = field.find(delimiter) == std::string::npos &&
                     field.find_first_of("\"\r\n") == std::string::npos;
  if (plain) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

Row NamesOf(const std::vector<Column>& columns) {
  Row names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace

TableLayout::TableLayout(std::vector<Column> columns)
    : columns_(std::move(columns)), widths_(columns_.size(), 0) {
  for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = DisplayWidth(columns_[i].title);
}

std::string TableLayout::Render(const std::vector<Row>& rows) {
  std::vector<Row> lines;
  lines.reserve(rows.size());
  for (const Row& row : rows) {
    assert(row.size() == columns_.size());
    Row& line = lines.emplace_back();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      line.push_back(CellText(columns_[i], row[i]));
      widths_[i] = std::max(widths_[i], DisplayWidth(line.back()));
    }
  }
  std::string text;
  if (!columns_.empty() && !std::exchange(titles_rendered_, true)) {
    Row titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    text += RenderLine(titles);
  }
  for (const Row& line : lines) text += RenderLine(line);
  return text;
}

std::string TableLayout::RenderLine(const Row& cells) const {
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line += kGap;
    line += columns_[i].kind == ColumnKind::kText ? PadRight(cells[i], widths_[i])
                                                  : PadLeft(cells[i], widths_[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string RenderTable(const Table& table) {
  return TableLayout(table.columns).Render(table.rows);
}

std::string RenderCsv(const Table& table) {
  std::string text = CsvLine(NamesOf(table.columns));
  for (const Row& row : table.rows) text += CsvLine(row);
  return text;
}

std::string CsvLine(const Row& fields, char delimiter) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += delimiter;
    line += QuotedField(fields[i], delimiter);
  }
  return line + '\n';
}

}  // namespace canvass::cli
