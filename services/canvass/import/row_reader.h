#ifndef CANVASS_SERVICES_CANVASS_IMPORT_ROW_READER_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_ROW_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/canvass/import/csv.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/row_fault.h"
#include "services/canvass/import/sheet_columns.h"

namespace canvass::cli {

// Numbers in the cells of one row. Nothing is derived yet.
struct RowNumbers {
  std::array<std::int64_t, kCountFields> counts{};  // by CountField; kNotGiven if absent
  std::string turnout{};                            // only if registered voters are derived from it
  std::optional<absl::Time> time{};

  bool operator==(const RowNumbers&) const = default;
};

// Reads the cells of rows. Every fault is added to `faults`, and reading continues. Not
// thread-safe.
class RowReader {
 public:
  // `mapping` and `columns` must outlive this.
  RowReader(const Mapping& mapping, const SheetColumns& columns)
      : mapping_(mapping), columns_(columns) {}

  // Returns the values of the station's columns joined by a blank, or "" with a fault if one is
  // empty.
  std::string StationValue(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // Returns the station's id before its prefix is added and its length is limited.
  std::string StationId(const CsvRecord& record) const;
  // Returns one value for each level. Returns nullopt with a fault if the path has another depth
  // than the mapping or an empty part.
  std::optional<std::vector<std::string>> AreaPath(const CsvRecord& record,
                                                   std::vector<RowFault>& faults) const;
  std::vector<std::string> AreaNames(const CsvRecord& record) const;
  RowNumbers Numbers(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // Returns the votes in ballot order (wide layout).
  std::vector<std::int64_t> Votes(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // Returns one number. Returns kNotGiven for an empty cell that means unknown, and with a fault
  // for a cell that is not a count.
  std::int64_t Count(const CsvRecord& record, std::size_t column, EmptyCell empty,
                     std::vector<RowFault>& faults) const;

 private:
  std::int64_t Sum(const CsvRecord& record, CountField field, std::vector<RowFault>& faults) const;
  std::optional<absl::Time> Time(const CsvRecord& record, std::vector<RowFault>& faults) const;

  const Mapping& mapping_;
  const SheetColumns& columns_;
};

// Derives numbers from others: ballots cast from the votes, and registered voters from the turnout.
// `votes` is in ballot order.
void DeriveNumbers(const Mapping& mapping, const std::vector<std::int64_t>& votes,
                   RowNumbers& numbers, std::vector<RowFault>& faults);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_ROW_READER_H_
