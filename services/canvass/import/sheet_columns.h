#ifndef CANVASS_SERVICES_CANVASS_IMPORT_SHEET_COLUMNS_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_SHEET_COLUMNS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/canvass/import/mapping.h"

namespace canvass::cli {

// Numbers of a station other than candidates' votes.
enum class CountField : std::uint8_t {
  kRegisterBefore,
  kRegistered,
  kIssued,
  kCast,
  kBlank,
  kInvalid
};
inline constexpr std::size_t kCountFields = 6;
inline constexpr std::array<CountField, kCountFields> kAllCountFields = {
    CountField::kRegisterBefore, CountField::kRegistered, CountField::kIssued,
    CountField::kCast,           CountField::kBlank,      CountField::kInvalid};

// Returns the mapping's rule for a number.
const CountRule& RuleOf(const Mapping& mapping, CountField field);

// Positions in a record of the columns that a mapping names.
struct SheetColumns {
  std::vector<std::string> names{};  // names of all columns of the file
  std::vector<std::size_t> station{};
  std::optional<std::size_t> station_name{};
  std::vector<std::size_t> tags{};  // one for each StationRule.tags
  std::optional<std::size_t> area_path{};
  std::vector<std::size_t> levels{};  // empty if one column holds the whole path
  std::vector<std::optional<std::size_t>> level_names{};
  std::array<std::vector<std::size_t>, kCountFields> counts{};  // by CountField
  std::vector<std::size_t> candidates{};                        // wide layout
  std::optional<std::size_t> long_candidate{};
  std::optional<std::size_t> long_votes{};
  std::optional<std::size_t> time{};
};

// Finds the mapping's columns in `header`. Returns INVALID_ARGUMENT COLUMN_UNKNOWN or
// COLUMN_REPEATED with the columns that the file does not have, the columns that the file has
// twice, and all columns of the file.
absl::StatusOr<SheetColumns> BindColumns(const Mapping& mapping,
                                         const std::vector<std::string>& header);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_SHEET_COLUMNS_H_
