#include "services/canvass/import/sheet_columns.h"

#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

// Finds columns by name and collects the names that it does not find.
class ColumnFinder {
 public:
  explicit ColumnFinder(const std::vector<std::string>& header) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      const auto [first, added] = position_.try_emplace(header[i], i);
      if (added || header[i].empty()) continue;
      repeated_.push_back(
          {.field = header[i],
           .description = fmt::format("is the name of both column {} and column {} of the file",
                                      first->second + 1, i + 1)});
    }
  }

  std::size_t Find(const std::string& name, std::string_view use) {
    const auto found = position_.find(name);
    if (found != position_.end()) return found->second;
    unknown_.push_back({.field = name,
                        .description = fmt::format(
                            "is not a column of the file; the mapping uses it for {}", use)});
    return 0;
  }
  std::optional<std::size_t> FindIfNamed(const std::string& name, std::string_view use) {
    if (name.empty()) return std::nullopt;
    return Find(name, use);
  }
  std::vector<std::size_t> FindAll(const std::vector<std::string>& names, std::string_view use) {
    std::vector<std::size_t> positions;
    positions.reserve(names.size());
    for (const std::string& name : names) positions.push_back(Find(name, use));
    return positions;
  }

  absl::Status Check(const std::vector<std::string>& header) const {
    if (unknown_.empty() && repeated_.empty()) return absl::OkStatus();
    std::vector<FieldViolation> problems = unknown_;
    problems.insert(problems.end(), repeated_.begin(), repeated_.end());
    return MakeError(unknown_.empty() ? reason::kColumnRepeated : reason::kColumnUnknown,
                     fmt::format("The file's columns do not match the mapping. The file has: {}",
                                 fmt::join(header, ", ")),
                     {.violations = std::move(problems)});
  }

 private:
  absl::flat_hash_map<std::string, std::size_t> position_;
  std::vector<FieldViolation> unknown_;
  std::vector<FieldViolation> repeated_;
};

std::string_view UseOf(CountField field) {
  static constexpr std::array<std::string_view, kCountFields> kUses = {
      "registerBefore", "registered", "issued", "cast", "blank", "invalid"};
  return kUses.at(static_cast<std::size_t>(field));
}

}  // namespace

const CountRule& RuleOf(const Mapping& mapping, CountField field) {
  const std::array<const CountRule*, kCountFields> rules = {
      &mapping.register_before, &mapping.registered, &mapping.issued, &mapping.cast,
      &mapping.blank,           &mapping.invalid};
  return *rules.at(static_cast<std::size_t>(field));
}

absl::StatusOr<SheetColumns> BindColumns(const Mapping& mapping,
                                         const std::vector<std::string>& header) {
  ColumnFinder finder(header);
  SheetColumns columns = {.names = header};
  columns.station = finder.FindAll(mapping.station.columns, "the station");
  columns.station_name = finder.FindIfNamed(mapping.station.name_column, "the station's name");
  for (const StationTag& tag : mapping.station.tags)
    columns.tags.push_back(finder.Find(tag.column, "a tag"));
  columns.area_path = finder.FindIfNamed(mapping.area.path_column, "the area path");
  for (const AreaLevel& level : mapping.area.levels) {
    if (!level.column.empty()) columns.levels.push_back(finder.Find(level.column, "the area path"));
    columns.level_names.push_back(finder.FindIfNamed(level.name_column, "an area's name"));
  }
  for (const CountField field : kAllCountFields) {
    columns.counts.at(static_cast<std::size_t>(field)) =
        finder.FindAll(RuleOf(mapping, field).columns, UseOf(field));
  }
  if (mapping.long_layout) {
    columns.long_candidate = finder.Find(mapping.long_layout->candidate_column, "the candidate");
    columns.long_votes = finder.Find(mapping.long_layout->votes_column, "the votes");
  } else {
    columns.candidates = finder.FindAll(mapping.candidate_sources, "a candidate");
  }
  if (mapping.time) columns.time = finder.Find(mapping.time->column, "the time");
  const absl::Status status = finder.Check(header);
  if (!status.ok()) return status;
  return columns;
}

}  // namespace canvass::cli
