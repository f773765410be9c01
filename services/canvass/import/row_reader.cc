#include "services/canvass/import/row_reader.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"
#include "services/canvass/import/number.h"
#include "services/canvass/import/slug.h"
#include "services/canvass/import/station_sheet.h"

namespace canvass::cli {
namespace {

std::int64_t& CountOf(RowNumbers& numbers, CountField field) {
  return numbers.counts.at(static_cast<std::size_t>(field));
}

// Adds b to a. Returns false if the sum does not fit into 64 bits.
bool AddTo(std::int64_t& a, std::int64_t b) { return !__builtin_add_overflow(a, b, &a); }

RowFault FaultOf(const absl::Status& status, const std::string& field) {
  const std::string what(status.message());
  return {.rule = DetailOf(status).reason,
          .field = field,
          .message = fmt::format("Column '{}': {}", field, what)};
}

RowFault SumTooLarge(const std::string& field) {
  return {.rule = std::string(reason::kNumberTooLarge.name),
          .field = field,
          .message = "The sum does not fit into 64 bits"};
}

}  // namespace

std::string RowReader::StationValue(const CsvRecord& record, std::vector<RowFault>& faults) const {
  std::vector<std::string> values;
  for (const std::size_t column : columns_.station) {
    if (record.fields[column].empty()) {
      faults.push_back(
          {.rule = std::string(reason::kStationEmpty.name),
           .field = columns_.names[column],
           .message = fmt::format("Column '{}' of the station is empty", columns_.names[column])});
      return "";
    }
    values.push_back(record.fields[column]);
  }
  return absl::StrJoin(values, " ");
}

std::string RowReader::StationId(const CsvRecord& record) const {
  std::vector<std::string> slugs;
  slugs.reserve(columns_.station.size());
  for (const std::size_t column : columns_.station) slugs.push_back(Slug(record.fields[column]));
  return absl::StrJoin(slugs, "-");
}

std::optional<std::vector<std::string>> RowReader::AreaPath(const CsvRecord& record,
                                                            std::vector<RowFault>& faults) const {
  std::vector<std::string> path;
  std::string field;
  if (columns_.area_path) {
    field = columns_.names[*columns_.area_path];
    const std::string& text = record.fields[*columns_.area_path];
    path = absl::StrSplit(text, mapping_.area.separator);
    const std::size_t parts =
        mapping_.area.levels.size() + (mapping_.area.ends_with_station ? 1 : 0);
    if (path.size() != parts) {
      faults.push_back(
          {.rule = std::string(reason::kAreaDepth.name),
           .field = field,
           .numbers = fmt::format("parts={} expected={}", path.size(), parts),
           .message = fmt::format("The area path '{}' has {} parts, but the mapping requires {}",
                                  text, path.size(), parts)});
      return std::nullopt;
    }
    path.resize(mapping_.area.levels.size());
  } else {
    for (const std::size_t column : columns_.levels) path.push_back(record.fields[column]);
  }
  for (std::size_t level = 0; level < path.size(); ++level) {
    if (!path[level].empty()) continue;
    if (!columns_.area_path) field = columns_.names[columns_.levels[level]];
    faults.push_back({.rule = std::string(reason::kAreaEmpty.name),
                      .field = field,
                      .message = fmt::format("The {} is empty", mapping_.area.levels[level].kind)});
    return std::nullopt;
  }
  return path;
}

std::vector<std::string> RowReader::AreaNames(const CsvRecord& record) const {
  std::vector<std::string> names;
  names.reserve(columns_.level_names.size());
  for (const std::optional<std::size_t>& column : columns_.level_names) {
    names.push_back(column ? record.fields[*column] : "");
  }
  return names;
}

RowNumbers RowReader::Numbers(const CsvRecord& record, std::vector<RowFault>& faults) const {
  RowNumbers numbers;
  numbers.counts.fill(kNotGiven);
  for (const CountField field : kAllCountFields) {
    const CountRule& rule = RuleOf(mapping_, field);
    if (rule.kind == CountRule::Kind::kConstant) CountOf(numbers, field) = rule.constant;
    if (rule.kind == CountRule::Kind::kColumns)
      CountOf(numbers, field) = Sum(record, field, faults);
  }
  if (mapping_.registered.kind == CountRule::Kind::kCastByTurnout) {
    numbers.turnout =
        record
            .fields[columns_.counts.at(static_cast<std::size_t>(CountField::kRegistered)).front()];
  }
  numbers.time = Time(record, faults);
  return numbers;
}

std::vector<std::int64_t> RowReader::Votes(const CsvRecord& record,
                                           std::vector<RowFault>& faults) const {
  std::vector<std::int64_t> votes;
  votes.reserve(columns_.candidates.size());
  for (const std::size_t column : columns_.candidates) {
    votes.push_back(Count(record, column, mapping_.empty_votes, faults));
  }
  return votes;
}

std::int64_t RowReader::Count(const CsvRecord& record, std::size_t column, EmptyCell empty,
                              std::vector<RowFault>& faults) const {
  const std::string& text = record.fields[column];
  if (text.empty() && empty == EmptyCell::kUnknown) return kNotGiven;
  if (text.empty() && empty == EmptyCell::kZero) return 0;
  const absl::StatusOr<std::int64_t> count = ParseCount(text);
  if (count.ok()) return *count;
  faults.push_back(FaultOf(count.status(), columns_.names[column]));
  return kNotGiven;
}

// Returns kNotGiven if one of the cells is unknown.
std::int64_t RowReader::Sum(const CsvRecord& record, CountField field,
                            std::vector<RowFault>& faults) const {
  std::int64_t sum = 0;
  bool known = true;
  for (const std::size_t column : columns_.counts.at(static_cast<std::size_t>(field))) {
    const std::int64_t count = Count(record, column, RuleOf(mapping_, field).empty, faults);
    known = known && count != kNotGiven;
    if (!known) continue;
    if (AddTo(sum, count)) continue;
    faults.push_back(SumTooLarge(columns_.names[column]));
    known = false;
  }
  return known ? sum : kNotGiven;
}

std::optional<absl::Time> RowReader::Time(const CsvRecord& record,
                                          std::vector<RowFault>& faults) const {
  if (!mapping_.time) return std::nullopt;
  const std::string& text = record.fields[*columns_.time];
  if (text.empty() && mapping_.time->empty_is_unknown) return std::nullopt;
  absl::Time time;
  std::string error;
  if (!text.empty() &&
      absl::ParseTime(mapping_.time->format, text, mapping_.time->zone, &time, &error)) {
    return time;
  }
  faults.push_back({.rule = std::string(reason::kTimeMalformed.name),
                    .field = mapping_.time->column,
                    .message = fmt::format("Column '{}': '{}' is not a time in the format {}",
                                           mapping_.time->column, text, mapping_.time->format)});
  return std::nullopt;
}

void DeriveNumbers(const Mapping& mapping, const std::vector<std::int64_t>& votes,
                   RowNumbers& numbers, std::vector<RowFault>& faults) {
  std::int64_t& cast = CountOf(numbers, CountField::kCast);
  if (mapping.cast.kind == CountRule::Kind::kVotesBlankInvalid) {
    std::int64_t sum = 0;
    bool known = true;
    bool fits = true;
    const auto add = [&](std::int64_t count) {
      known = known && count != kNotGiven;
      if (known && fits) fits = AddTo(sum, count);
    };
    for (const std::int64_t count : votes) add(count);
    add(CountOf(numbers, CountField::kBlank));
    add(CountOf(numbers, CountField::kInvalid));
    if (!fits) faults.push_back(SumTooLarge("cast"));
    if (known && fits) cast = sum;
  }
  if (mapping.registered.kind != CountRule::Kind::kCastByTurnout || cast == kNotGiven) return;
  if (numbers.turnout.empty() && mapping.registered.empty == EmptyCell::kUnknown) return;
  const absl::StatusOr<std::int64_t> registered = RegisteredFromTurnout(cast, numbers.turnout);
  if (registered.ok()) {
    CountOf(numbers, CountField::kRegistered) = *registered;
  } else {
    faults.push_back(FaultOf(registered.status(), mapping.registered.columns.front()));
  }
}

}  // namespace canvass::cli
