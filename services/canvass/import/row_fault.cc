#include "services/canvass/import/row_fault.h"

#include <algorithm>

#include "fmt/format.h"
#include "services/canvass/import/csv.h"
#include "services/canvass/terminal/table.h"

namespace canvass::cli {
namespace {

const Row& FaultColumns() {
  static const auto* const kColumns = new Row{"line", "rule", "field", "numbers", "message"};
  return *kColumns;
}

// Returns the fields of the first record of `text`. The text was read before, so it is well-formed.
Row FieldsOf(std::string_view text, char delimiter) {
  CsvRecord record;
  static_cast<void>(CsvReader(text, delimiter).Next(record));
  return record.fields;
}

bool IsRejectsFile(const Row& header) {
  return header.size() > FaultColumns().size() &&
         std::equal(FaultColumns().begin(), FaultColumns().end(), header.begin());
}

std::string Joined(const std::vector<RowFault>& faults, std::string RowFault::*part) {
  std::vector<std::string> parts;
  parts.reserve(faults.size());
  for (const RowFault& fault : faults) parts.push_back(fault.*part);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

bool ComesBefore(const Rejection& a, const Rejection& b) {
  return a.rows.front().line < b.rows.front().line;
}

std::string RejectsCsv(std::string_view text, char delimiter,
                       const std::vector<Rejection>& rejections) {
  const Row header = FieldsOf(text, delimiter);
  const auto own = static_cast<std::ptrdiff_t>(IsRejectsFile(header) ? FaultColumns().size() : 0);
  Row titles = FaultColumns();
  titles.insert(titles.end(), header.begin() + own, header.end());
  std::string csv = CsvLine(titles, delimiter);
  for (const Rejection& rejection : rejections) {
    const Row why = {
        Joined(rejection.faults, &RowFault::rule), Joined(rejection.faults, &RowFault::field),
        Joined(rejection.faults, &RowFault::numbers), Joined(rejection.faults, &RowFault::message)};
    for (const RowPlace& place : rejection.rows) {
      Row line = {std::to_string(place.line)};
      line.insert(line.end(), why.begin(), why.end());
      const Row fields = FieldsOf(text.substr(place.offset, place.length), delimiter);
      line.insert(line.end(), fields.begin() + own, fields.end());
      csv += CsvLine(line, delimiter);
    }
  }
  return csv;
}

}  // namespace canvass::cli
