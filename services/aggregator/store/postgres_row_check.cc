#include "services/aggregator/store/postgres_row_check.h"

#include <cstddef>
#include <vector>

namespace canvass::aggregator {

void CompareRows(const CheckedRow& row, std::string_view stored, std::string_view recorded,
                 RowDifferences& differences) {
  if (stored == recorded) return;
  std::vector<postgres::CopyField> here;
  std::vector<postgres::CopyField> expected;
  postgres::SplitRow(stored, here);
  postgres::SplitRow(recorded, expected);
  here.resize(row.table.columns.size());
  expected.resize(row.table.columns.size());
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i] == expected[i]) continue;
    const postgres::Column& column = row.table.columns[i];
    differences.Add({.table = std::string(row.table.name),
                     .sequence = row.sequence,
                     .part = row.part,
                     .column = std::string(column.name),
                     .stored = FieldText(column.type, here[i]),
                     .expected = FieldText(column.type, expected[i])});
  }
}

}  // namespace canvass::aggregator
