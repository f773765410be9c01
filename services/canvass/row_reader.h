#ifndef CANVASS_SERVICES_CANVASS_ROW_READER_H_
#define CANVASS_SERVICES_CANVASS_ROW_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/canvass/csv.h"
#include "services/canvass/mapping.h"
#include "services/canvass/row_fault.h"
#include "services/canvass/sheet_columns.h"

namespace canvass {

// What one row says, cell by cell; nothing is derived yet.
struct RowNumbers {
  std::array<std::int64_t, kCountFields> counts{};  // by CountField; kNotGiven
  std::string turnout{};                            // where registered voters are derived from it
  std::optional<absl::Time> time{};

  bool operator==(const RowNumbers&) const = default;
};

// Reads the cells of rows. Every fault goes to `faults`, and reading goes on. Not thread-safe.
class RowReader {
 public:
  // Both must outlive it.
  RowReader(const Mapping& mapping, const SheetColumns& columns)
      : mapping_(mapping), columns_(columns) {}

  // Values of the station's columns joined by a blank; "" if one is empty.
  std::string StationValue(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // The station's id without prefix rules of length.
  std::string StationId(const CsvRecord& record) const;
  // A value a level; absent if it is not a path of the mapping's depth.
  std::optional<std::vector<std::string>> AreaPath(const CsvRecord& record,
                                                   std::vector<RowFault>& faults) const;
  std::vector<std::string> AreaNames(const CsvRecord& record) const;
  RowNumbers Numbers(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // Votes in ballot order (wide layout).
  std::vector<std::int64_t> Votes(const CsvRecord& record, std::vector<RowFault>& faults) const;
  // One number; kNotGiven for an empty cell that may be.
  std::int64_t Count(const CsvRecord& record, std::size_t column, EmptyCell empty,
                     std::vector<RowFault>& faults) const;

 private:
  std::int64_t Sum(const CsvRecord& record, CountField field, std::vector<RowFault>& faults) const;
  std::optional<absl::Time> Time(const CsvRecord& record, std::vector<RowFault>& faults) const;

  const Mapping& mapping_;
  const SheetColumns& columns_;
};

// Numbers that follow from others: ballots cast from the votes, registered voters from the turnout.
// `votes` in ballot order.
void DeriveNumbers(const Mapping& mapping, const std::vector<std::int64_t>& votes,
                   RowNumbers& numbers, std::vector<RowFault>& faults);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ROW_READER_H_
