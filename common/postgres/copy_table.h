#ifndef CANVASS_COMMON_POSTGRES_COPY_TABLE_H_
#define CANVASS_COMMON_POSTGRES_COPY_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace canvass::postgres {

enum class ColumnType : std::uint8_t {
  kBool,
  kInt16,
  kInt32,
  kInt64,
  kText,
  kBytes,
  kTimestamp,
  kInt32Array,
  kTextArray,
};

struct Column {
  std::string_view name;
  ColumnType type;
};

// A table and the columns of its rows, in the order in which they are copied. Not owned.
struct CopyTable {
  std::string_view name;  // with its schema
  absl::Span<const Column> columns;
};

// The names of all columns, separated by commas.
std::string ColumnNames(const CopyTable& table);
// The COPY statement that takes rows in binary, with a semicolon.
std::string CopyInto(const CopyTable& table);

// A field of a row in binary; nullopt for NULL.
using CopyField = std::optional<std::string_view>;

// Sets `fields` to the fields of a row, as CopyEncoder writes it and Session::CopyOut passes it.
// Returns false if the row is malformed. The fields are valid as long as the row.
bool SplitRow(std::string_view row, std::vector<CopyField>& fields);

// The value of a field as people read it, e.g. {1,NULL}. Long ones are cut.
std::string FieldText(ColumnType type, const CopyField& field);

}  // namespace canvass::postgres

#endif  // CANVASS_COMMON_POSTGRES_COPY_TABLE_H_
