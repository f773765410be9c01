// A mapping and the file that it describes.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/canvass/import/checked_sheet.h"
#include "services/canvass/import/csv.h"
#include "services/canvass/import/import_plan.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/station_sheet.h"
#include "tests/fuzz/target.h"
#include "tests/services/canvass/import/import_samples.h"

namespace canvass::fuzz {
namespace {

// What separates the mapping from the file.
constexpr char kEnd = '\0';

std::int64_t RowsIn(const std::vector<cli::RowPlace>& rows, std::set<int>& lines) {
  for (const cli::RowPlace& row : rows) lines.insert(row.line);
  return static_cast<std::int64_t>(rows.size());
}

// Rows that `reports` or rejections name. A row is a line that begins there.
template <typename Report>
std::set<int> LinesOf(const std::vector<Report>& reports,
                      const std::vector<cli::Rejection>& rejections) {
  std::set<int> lines;
  for (const Report& report : reports) RowsIn(report.rows, lines);
  for (const cli::Rejection& rejection : rejections) {
    Require(!rejection.faults.empty(), "a row is rejected for a reason");
    RowsIn(rejection.rows, lines);
  }
  return lines;
}

void RequireRejects(std::string_view text, char delimiter,
                    const std::vector<cli::Rejection>& rejections) {
  std::set<int> lines;
  for (const cli::Rejection& rejection : rejections) RowsIn(rejection.rows, lines);
  const std::string csv = cli::RejectsCsv(text, delimiter, rejections);
  cli::CsvReader reader(csv, delimiter);
  cli::CsvRecord record;
  std::size_t records = 0;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(record);
    Require(more.ok(), "the rejected rows are CSV");
    if (!*more) break;
    ++records;
  }
  Require(records >= lines.size(), "every rejected row is in the file of rejected rows");
}

void RunImport(std::string_view bytes) {
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) return;
  const std::string_view text = bytes.substr(end + 1);
  const absl::StatusOr<cli::Mapping> mapping =
      cli::ParseMapping(bytes.substr(0, end), "mapping.json");
  if (!mapping.ok()) return RequireReason(mapping.status());
  absl::StatusOr<cli::StationSheet> sheet = cli::ReadStationSheet(text, *mapping);
  if (!sheet.ok()) return RequireReason(sheet.status());
  const std::set<int> read = LinesOf(sheet->reports, sheet->rejections);
  // Rows of totals are left out on purpose.
  const bool may_ignore = mapping->long_layout && !mapping->long_layout->ignored_values.empty();
  Require(may_ignore ? static_cast<std::int64_t>(read.size()) <= sheet->rows
                     : static_cast<std::int64_t>(read.size()) == sheet->rows,
          "a row is counted or reported");
  RequireRejects(text, mapping->delimiter, sheet->rejections);
  const auto checked =
      cli::CheckStationSheet(*std::move(sheet), absl::FromUnixSeconds(2'000'000'000));
  if (!checked.ok()) return RequireReason(checked.status());
  Require(LinesOf(checked->stations, checked->rejections) == read,
          "a row that was read is counted or reported");
  const cli::ImportPlan plan = cli::PlanImport(*checked, {}, "");
  Require(plan.reports.size() == checked->stations.size() && plan.rejections.empty(),
          "what is not recorded is sent");
  for (const cli::PlannedReport& report : plan.reports) {
    RequireReadable(cli::ReportToSend(*checked, report, ""), std::size_t{1} << 20U);
  }
  RequireRejects(text, mapping->delimiter, checked->rejections);
}

std::vector<std::string> ImportSeeds() {
  const std::string town = std::string(testing::kTownMapping) + kEnd + testing::kTownHeader;
  const std::string long_town =
      std::string(testing::kLongTownMapping) + kEnd + "no,district,list,choice,votes\n";
  return {town + "1,north,900,510,3,1,1,300,205\n2,south,800,x,3,,1,300,205\n",
          town + "1,north,900,510,3,1,1,300,205\n1,north,900,510,3,1,1,300,205\n",
          town + "3,,900,,3,1,1,300,99999999999999999999\n",
          long_town +
              "1,north,900,Ann,300\n1,north,900,Bob,200\n1,north,900,BLANK,3\n"
              "1,north,900,TOTAL,503\n2,south,10,Ann,1\n",
          std::string("{\"election\": 7}") + kEnd + "a\n"};
}

const Registration kImport({.name = "import", .run = RunImport, .seeds = ImportSeeds});

}  // namespace
}  // namespace canvass::fuzz
