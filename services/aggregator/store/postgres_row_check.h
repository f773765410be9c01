#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ROW_CHECK_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ROW_CHECK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "common/postgres/copy_table.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// Which row is compared.
struct CheckedRow {
  const postgres::CopyTable& table;
  std::int64_t sequence = 0;
  std::string part{};  // see RowDifference
};

// Compares a row in binary, as it is stored, with what was recorded, and adds the columns that
// differ.
void CompareRows(const CheckedRow& row, std::string_view stored, std::string_view recorded,
                 RowDifferences& differences);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_ROW_CHECK_H_
