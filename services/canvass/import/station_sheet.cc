#include "services/canvass/import/station_sheet.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "fmt/format.h"
#include "services/canvass/import/area_tree.h"
#include "services/canvass/import/csv.h"
#include "services/canvass/import/row_reader.h"
#include "services/canvass/import/sheet_columns.h"
#include "services/canvass/import/slug.h"

namespace canvass::cli {
namespace {

RowPlace PlaceOf(const CsvRecord& record) {
  return {.line = record.line, .offset = record.offset, .length = record.length};
}

// Data collected from the rows of one station.
struct StationRows {
  std::vector<RowPlace> rows{};
  RowNumbers numbers{};
  std::vector<std::int64_t> votes{};
  // In the long layout, the line with each candidate's votes, or 0 if there is none yet.
  std::vector<int> vote_lines{};
  std::vector<RowFault> faults{};
};

// How a value of the long layout's candidate column is used.
struct ValueUse {
  int candidate_no = -1;
  std::vector<CountField> counts{};
  bool ignored = false;
};

class SheetReader {
 public:
  SheetReader(const Mapping& mapping, SheetColumns columns)
      : mapping_(mapping),
        columns_(std::move(columns)),
        cells_(mapping_, columns_),
        areas_(mapping_.area, NameLanguage(mapping_), ids_) {
    if (mapping_.long_layout) FindValueUses();
  }

  absl::Status ReadRow(const CsvRecord& record);
  absl::StatusOr<StationSheet> Finish();

 private:
  void FindValueUses();
  // Returns the position of the row's station in the definition, and defines the station if it is
  // new. Returns -1 and adds faults if the row does not name its station or area.
  absl::StatusOr<int> StationOf(const CsvRecord& record, std::vector<RowFault>& faults);
  absl::StatusOr<int> DefineStation(const CsvRecord& record, const std::string& value,
                                    const std::string& area_id);
  void ReadWideRow(const CsvRecord& record, StationRows& station);
  absl::Status ReadLongRow(const CsvRecord& record, StationRows& station);
  void AddVotes(const ValueUse& use, std::int64_t votes, const CsvRecord& record,
                StationRows& station) const;
  void FinishStation(int station_no, StationRows& station);
  void FinishLongStation(StationRows& station) const;

  const Mapping& mapping_;
  const SheetColumns columns_;
  const RowReader cells_;
  IdRegister ids_;
  AreaTree areas_;
  absl::flat_hash_map<std::string, int> station_by_value_;
  absl::flat_hash_map<std::string, ValueUse> value_uses_;
  std::vector<StationRows> stations_;  // by station_no
  StationSheet sheet_;
};

void SheetReader::FindValueUses() {
  for (std::size_t i = 0; i < mapping_.candidate_sources.size(); ++i) {
    value_uses_[mapping_.candidate_sources[i]].candidate_no = static_cast<int>(i);
  }
  for (const CountField field : kAllCountFields) {
    for (const std::string& value : RuleOf(mapping_, field).values)
      value_uses_[value].counts.push_back(field);
  }
  for (const std::string& value : mapping_.long_layout->ignored_values)
    value_uses_[value].ignored = true;
}

absl::Status SheetReader::ReadRow(const CsvRecord& record) {
  ++sheet_.rows;
  std::vector<RowFault> faults;
  const absl::StatusOr<int> station_no = StationOf(record, faults);
  if (!station_no.ok()) return station_no.status();
  if (*station_no < 0) {
    sheet_.rejections.push_back({.rows = {PlaceOf(record)}, .faults = std::move(faults)});
    return absl::OkStatus();
  }
  StationRows& station = stations_[Index(*station_no)];
  station.faults.insert(station.faults.end(), faults.begin(), faults.end());
  absl::Status read;
  if (mapping_.long_layout) {
    read = ReadLongRow(record, station);
  } else {
    ReadWideRow(record, station);
  }
  station.rows.push_back(PlaceOf(record));
  return read;
}

absl::StatusOr<int> SheetReader::StationOf(const CsvRecord& record, std::vector<RowFault>& faults) {
  const std::string value = cells_.StationValue(record, faults);
  const std::optional<std::vector<std::string>> path = cells_.AreaPath(record, faults);
  if (value.empty() || !path) return -1;
  const absl::StatusOr<std::string> area_id =
      areas_.Add(*path, cells_.AreaNames(record), record.line);
  if (!area_id.ok()) return area_id.status();
  const auto known = station_by_value_.find(value);
  if (known == station_by_value_.end()) return DefineStation(record, value, *area_id);
  const election::Station& station = sheet_.definition.stations[Index(known->second)];
  if (station.area_id != *area_id) {
    faults.push_back({.rule = std::string(reason::kRowsDisagree.name),
                      .field = "area",
                      .message = fmt::format(
                          "Line {} puts station '{}' into area {}, but line {} puts it into {}",
                          stations_[Index(known->second)].rows.front().line, value, station.area_id,
                          record.line, *area_id)});
  }
  return known->second;
}

absl::StatusOr<int> SheetReader::DefineStation(const CsvRecord& record, const std::string& value,
                                               const std::string& area_id) {
  const std::string id = FittingId(mapping_.station.prefix + cells_.StationId(record));
  const absl::Status registered = ids_.Add(id, "station " + value, record.line);
  if (!registered.ok()) return registered;
  election::Station station = {
      .id = id, .area_id = area_id, .names = FilledIn(mapping_.station.names, value)};
  if (columns_.station_name && !record.fields[*columns_.station_name].empty()) {
    station.names = {{NameLanguage(mapping_), record.fields[*columns_.station_name]}};
  }
  for (std::size_t i = 0; i < columns_.tags.size(); ++i) {
    const StationTag& tag = mapping_.station.tags[i];
    if (record.fields[columns_.tags[i]] == tag.value) station.tags.push_back(tag.tag);
  }
  const int station_no = static_cast<int>(sheet_.definition.stations.size());
  sheet_.definition.stations.push_back(std::move(station));
  station_by_value_[value] = station_no;
  stations_.emplace_back();
  return station_no;
}

void SheetReader::ReadWideRow(const CsvRecord& record, StationRows& station) {
  if (!station.rows.empty()) {
    station.faults.push_back(
        {.rule = std::string(reason::kStationRepeated.name),
         .field = columns_.names[columns_.station.front()],
         .numbers = fmt::format("line={} line={}", station.rows.front().line, record.line),
         .message =
             fmt::format("The station is on both line {} and line {}, so neither is imported",
                         station.rows.front().line, record.line)});
    return;
  }
  station.numbers = cells_.Numbers(record, station.faults);
  station.votes = cells_.Votes(record, station.faults);
}

absl::Status SheetReader::ReadLongRow(const CsvRecord& record, StationRows& station) {
  const std::string& value = record.fields[*columns_.long_candidate];
  const auto use = value_uses_.find(value);
  if (use == value_uses_.end()) {
    return MakeError(reason::kValueUnknown,
                     fmt::format("Line {}: '{}' in column '{}' is not a candidate, count or "
                                 "ignored value of the mapping. Its candidates are: {}",
                                 record.line, value, columns_.names[*columns_.long_candidate],
                                 fmt::join(mapping_.candidate_sources, ", ")));
  }
  const RowNumbers numbers = cells_.Numbers(record, station.faults);
  if (station.rows.empty()) {
    station.numbers = numbers;
    station.votes.assign(mapping_.candidate_sources.size(), kNotGiven);
    station.vote_lines.assign(mapping_.candidate_sources.size(), 0);
  }
  // Numbers that have rows of their own are collected in station.numbers and appear in no row's
  // cells.
  RowNumbers cells_before = station.numbers;
  for (const CountField field : kAllCountFields) {
    if (RuleOf(mapping_, field).kind != CountRule::Kind::kValues) continue;
    cells_before.counts.at(static_cast<std::size_t>(field)) = kNotGiven;
  }
  const bool said =
      std::any_of(station.faults.begin(), station.faults.end(),
                  [](const RowFault& fault) { return fault.rule == reason::kRowsDisagree.name; });
  if (!said && !(numbers == cells_before)) {
    station.faults.push_back(
        {.rule = std::string(reason::kRowsDisagree.name),
         .field = "",
         .numbers = fmt::format("line={} line={}", station.rows.front().line, record.line),
         .message =
             fmt::format("Lines {} and {} give different numbers or times for the same station",
                         station.rows.front().line, record.line)});
  }
  if (use->second.ignored) return absl::OkStatus();
  const std::int64_t votes =
      cells_.Count(record, *columns_.long_votes, mapping_.empty_votes, station.faults);
  AddVotes(use->second, votes, record, station);
  return absl::OkStatus();
}

void SheetReader::AddVotes(const ValueUse& use, std::int64_t votes, const CsvRecord& record,
                           StationRows& station) const {
  for (const CountField field : use.counts) {
    std::int64_t& sum = station.numbers.counts.at(static_cast<std::size_t>(field));
    if (votes == kNotGiven) continue;
    if (__builtin_add_overflow(std::max<std::int64_t>(sum, 0), votes, &sum)) {
      station.faults.push_back({.rule = std::string(reason::kNumberTooLarge.name),
                                .field = columns_.names[*columns_.long_votes],
                                .message = "The sum does not fit into 64 bits"});
    }
  }
  if (use.candidate_no < 0) return;
  int& line = station.vote_lines[Index(use.candidate_no)];
  if (line != 0) {
    station.faults.push_back(
        {.rule = std::string(reason::kCandidateRepeated.name),
         .field = columns_.names[*columns_.long_candidate],
         .numbers = fmt::format("line={} line={}", line, record.line),
         .message = fmt::format("'{}' is on both line {} and line {}",
                                record.fields[*columns_.long_candidate], line, record.line)});
  }
  line = record.line;
  station.votes[Index(use.candidate_no)] = votes;
}

// Completes a station of the long layout. With missingIsZero, votes and counts without a row become
// 0. Otherwise, adds a fault for each candidate without a row.
void SheetReader::FinishLongStation(StationRows& station) const {
  const bool missing_is_zero = mapping_.long_layout->missing_is_zero;
  for (std::size_t i = 0; i < station.votes.size(); ++i) {
    if (station.vote_lines[i] != 0) continue;
    if (missing_is_zero) {
      station.votes[i] = 0;
    } else {
      station.faults.push_back(
          {.rule = std::string(reason::kCandidateMissing.name),
           .field = mapping_.long_layout->candidate_column,
           .message = fmt::format("There is no row for '{}'", mapping_.candidate_sources[i])});
    }
  }
  for (const CountField field : kAllCountFields) {
    std::int64_t& count = station.numbers.counts.at(static_cast<std::size_t>(field));
    const bool by_rows = RuleOf(mapping_, field).kind == CountRule::Kind::kValues;
    if (by_rows && count == kNotGiven && missing_is_zero) count = 0;
  }
}

void SheetReader::FinishStation(int station_no, StationRows& station) {
  if (mapping_.long_layout) FinishLongStation(station);
  if (station.faults.empty())
    DeriveNumbers(mapping_, station.votes, station.numbers, station.faults);
  const auto count = [&station](CountField field) {
    return station.numbers.counts.at(static_cast<std::size_t>(field));
  };
  const std::int64_t register_before = count(CountField::kRegisterBefore);
  if (register_before != kNotGiven) {
    sheet_.definition.stations[Index(station_no)].registered_voters = register_before;
  }
  if (!station.faults.empty()) {
    sheet_.rejections.push_back({.rows = std::move(station.rows),
                                 .faults = std::move(station.faults),
                                 .station_no = station_no});
    return;
  }
  sheet_.reports.push_back({.station_no = station_no,
                            .rows = std::move(station.rows),
                            .registered = count(CountField::kRegistered),
                            .issued = count(CountField::kIssued),
                            .cast = count(CountField::kCast),
                            .blank = count(CountField::kBlank),
                            .invalid = count(CountField::kInvalid),
                            .votes = std::move(station.votes),
                            .counted_at = station.numbers.time});
}

absl::StatusOr<StationSheet> SheetReader::Finish() {
  if (sheet_.rows == 0) {
    return MakeError(reason::kNoRows, "The file has column names but no rows");
  }
  for (std::size_t i = 0; i < stations_.size(); ++i)
    FinishStation(static_cast<int>(i), stations_[i]);
  const absl::Status root = areas_.CheckRoot();
  if (!root.ok()) return root;
  std::stable_sort(sheet_.rejections.begin(), sheet_.rejections.end(), ComesBefore);
  sheet_.notes = areas_.Notes();
  sheet_.definition.election = mapping_.election;
  sheet_.definition.contests = {mapping_.contest};
  sheet_.definition.sources = {mapping_.source};
  sheet_.definition.areas = areas_.TakeAreas();
  return std::move(sheet_);
}

}  // namespace

absl::StatusOr<StationSheet> ReadStationSheet(std::string_view text, const Mapping& mapping) {
  CsvReader csv(text, mapping.delimiter);
  CsvRecord record;
  absl::StatusOr<bool> more = csv.Next(record);
  if (!more.ok()) return more.status();
  absl::StatusOr<SheetColumns> columns = BindColumns(mapping, record.fields);
  if (!columns.ok()) return columns.status();
  SheetReader reader(mapping, *std::move(columns));
  for (more = csv.Next(record); more.ok() && *more; more = csv.Next(record)) {
    const absl::Status read = reader.ReadRow(record);
    if (!read.ok()) return read;
  }
  if (!more.ok()) return more.status();
  return reader.Finish();
}

}  // namespace canvass::cli
