#include "services/canvass/backup/lost_reports.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "services/canvass/import/csv.h"

namespace canvass::cli {
namespace {

absl::StatusOr<std::size_t> ColumnOf(const CsvRecord& header, std::string_view name) {
  const auto found = std::find(header.fields.begin(), header.fields.end(), name);
  if (found != header.fields.end()) {
    return static_cast<std::size_t>(std::distance(header.fields.begin(), found));
  }
  return MakeError(reason::kColumnUnknown,
                   StrCat("The list of stations has no column \"", name,
                          "\"; it is what `canvass stations ELECTION -o csv` prints"));
}

absl::Status ReadCount(const CsvRecord& record, std::size_t column, std::int64_t& count) {
  const std::string& cell = record.fields[column];
  if (absl::SimpleAtoi(cell, &count) && count >= 0) return absl::OkStatus();
  return MakeError(reason::kNumberMalformed,
                   StrCat("Line ", record.line, " of the list of stations has \"", cell,
                          "\" where a count was expected"));
}

}  // namespace

absl::StatusOr<std::vector<LostReport>> FindLostReports(std::string_view csv,
                                                        std::int64_t last_sequence) {
  CsvReader reader(csv);
  CsvRecord record;
  const absl::StatusOr<bool> has_header = reader.Next(record);
  if (!has_header.ok()) return has_header.status();
  const auto station = ColumnOf(record, "station_id");
  const auto revision = ColumnOf(record, "revision");
  const auto sequence = ColumnOf(record, "sequence");
  for (const auto* column : {&station, &revision, &sequence}) {
    if (!column->ok()) return column->status();
  }
  std::vector<LostReport> lost;
  absl::StatusOr<bool> more = reader.Next(record);
  for (; more.ok() && *more; more = reader.Next(record)) {
    if (record.fields[*sequence].empty()) continue;  // it had not reported
    LostReport report{.station_id = record.fields[*station]};
    absl::Status status = ReadCount(record, *revision, report.revision);
    if (status.ok()) status = ReadCount(record, *sequence, report.sequence);
    if (!status.ok()) return status;
    if (report.sequence > last_sequence) lost.push_back(std::move(report));
  }
  if (!more.ok()) return more.status();
  return lost;
}

}  // namespace canvass::cli
