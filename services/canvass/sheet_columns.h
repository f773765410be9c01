#ifndef CANVASS_SERVICES_CANVASS_SHEET_COLUMNS_H_
#define CANVASS_SERVICES_CANVASS_SHEET_COLUMNS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/canvass/mapping.h"

namespace canvass {

// The numbers of a station that are no candidate's.
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

// The mapping's rule for a number.
const CountRule& RuleOf(const Mapping& mapping, CountField field);

// Positions in a record of the columns that a mapping names.
struct SheetColumns {
  std::vector<std::string> names{};  // of every column of the file
  std::vector<std::size_t> station{};
  std::optional<std::size_t> station_name{};
  std::vector<std::size_t> tags{};  // one for each StationRule.tags
  std::optional<std::size_t> area_path{};
  std::vector<std::size_t> levels{};  // where each level has its column
  std::vector<std::optional<std::size_t>> level_names{};
  std::array<std::vector<std::size_t>, kCountFields> counts{};  // by CountField
  std::vector<std::size_t> candidates{};                        // wide layout
  std::optional<std::size_t> long_candidate{};
  std::optional<std::size_t> long_votes{};
  std::optional<std::size_t> time{};
};

// INVALID_ARGUMENT COLUMN_UNKNOWN or COLUMN_REPEATED lists the columns that the mapping names and
// the file does not have, those that come twice in the file, and what the file has.
absl::StatusOr<SheetColumns> BindColumns(const Mapping& mapping,
                                         const std::vector<std::string>& header);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_SHEET_COLUMNS_H_
