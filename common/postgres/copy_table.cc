#include "common/postgres/copy_table.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/big_endian.h"
#include "common/base/text.h"
#include "common/postgres/copy.h"

namespace canvass::postgres {
namespace {

// Enough for the votes of a long ballot; an entry may have a megabyte.
constexpr std::size_t kFieldTextBytesMax = 400;

// The row that has this field alone.
std::string RowOf(std::string_view field) {
  std::string row;
  AppendBigEndian(row, std::int16_t{1});
  AppendBigEndian(row, static_cast<std::int32_t>(field.size()));
  row += field;
  return row;
}

std::string Braced(const std::vector<std::string>& elements) {
  return StrCat("{", absl::StrJoin(elements, ","), "}");
}

std::string NumbersText(CopyRow& row) {
  std::vector<std::string> texts;
  for (const std::optional<std::int32_t>& number : row.Int32Array()) {
    texts.push_back(number.has_value() ? StrCat(*number) : "NULL");
  }
  return Braced(texts);
}

// The number has two or four bytes. A stored field that has another number of them is no number.
std::string NumberText(std::string_view field) {
  if (field.size() == sizeof(std::int16_t)) return StrCat(ReadBigEndian<std::int16_t>(field));
  if (field.size() == sizeof(std::int32_t)) return StrCat(ReadBigEndian<std::int32_t>(field));
  return "";
}

std::string TimeText(CopyRow& row) {
  return absl::FormatTime(absl::RFC3339_full, row.Timestamp().value_or(absl::InfinitePast()),
                          absl::UTCTimeZone());
}

std::string WholeText(ColumnType type, std::string_view field) {
  const std::string bytes = RowOf(field);
  CopyRow row(bytes);
  switch (type) {
    case ColumnType::kBool:
      return row.Bool().value_or(false) ? "true" : "false";
    case ColumnType::kInt16:
    case ColumnType::kInt32:
      return NumberText(field);
    case ColumnType::kInt64:
      return StrCat(row.Int64().value_or(0));
    case ColumnType::kText:
      return StrCat("\"", field.substr(0, kFieldTextBytesMax), "\"");
    case ColumnType::kBytes:
      return StrCat("\\x", absl::BytesToHexString(ToAbsl(field.substr(0, kFieldTextBytesMax))));
    case ColumnType::kTimestamp:
      return TimeText(row);
    case ColumnType::kInt32Array:
      return NumbersText(row);
    case ColumnType::kTextArray:
      break;
  }
  return Braced(row.TextArray());
}

}  // namespace

std::string ColumnNames(const CopyTable& table) {
  return absl::StrJoin(table.columns, ", ",
                       [](std::string* out, const Column& column) { out->append(column.name); });
}

std::string CopyInto(const CopyTable& table) {
  return StrCat("COPY ", table.name, " (", ColumnNames(table), ") FROM STDIN (FORMAT binary);");
}

bool SplitRow(std::string_view row, std::vector<CopyField>& fields) {
  fields.clear();
  if (row.size() < sizeof(std::int16_t)) return false;
  const auto count = ReadBigEndian<std::int16_t>(row);
  row.remove_prefix(sizeof(std::int16_t));
  for (std::int32_t i = 0; i < count; ++i) {
    if (row.size() < sizeof(std::int32_t)) return false;
    const auto length = ReadBigEndian<std::int32_t>(row);
    row.remove_prefix(sizeof(std::int32_t));
    if (length < 0) {
      fields.emplace_back(std::nullopt);
      continue;
    }
    if (row.size() < static_cast<std::size_t>(length)) return false;
    fields.emplace_back(row.substr(0, static_cast<std::size_t>(length)));
    row.remove_prefix(static_cast<std::size_t>(length));
  }
  return row.empty();
}

std::string FieldText(ColumnType type, const CopyField& field) {
  if (!field.has_value()) return "NULL";
  std::string text = WholeText(type, *field);
  if (text.size() > kFieldTextBytesMax) {
    text.resize(kFieldTextBytesMax);
    text += "...";
  }
  return text;
}

}  // namespace canvass::postgres
