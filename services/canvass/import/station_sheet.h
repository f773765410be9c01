#ifndef CANVASS_SERVICES_CANVASS_IMPORT_STATION_SHEET_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_STATION_SHEET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/row_fault.h"

namespace canvass::cli {

// Number that the file does not give.
inline constexpr std::int64_t kNotGiven = -1;

// One station's numbers as the file gives them, not checked yet.
struct StationNumbers {
  int station_no = 0;            // position in the definition's stations
  std::vector<RowPlace> rows{};  // one in the wide layout
  std::int64_t registered = kNotGiven;
  std::int64_t issued = kNotGiven;
  std::int64_t cast = kNotGiven;
  std::int64_t blank = kNotGiven;
  std::int64_t invalid = kNotGiven;
  std::vector<std::int64_t> votes{};  // in ballot order
  std::optional<absl::Time> counted_at{};
};

// Content of a CSV of station results.
struct StationSheet {
  election::DefinitionChange definition{};  // with every station of the file
  std::vector<StationNumbers> reports{};    // in the order of the file
  std::vector<Rejection> rejections{};      // rows that could not be read
  std::vector<std::string> notes{};         // oddities that do no harm
  std::int64_t rows = 0;
};

// Reads `text`. A row that cannot be read is rejected with all its faults, and reading continues.
// The rules of rejections are NUMBER_EMPTY, NUMBER_MALFORMED, NUMBER_TOO_LARGE, TURNOUT_MALFORMED,
// TURNOUT_ZERO, TIME_MALFORMED, STATION_EMPTY, AREA_EMPTY, AREA_DEPTH, STATION_REPEATED (every row
// of a station that occurs twice in the wide layout), ROWS_DISAGREE (rows of one station contradict
// each other), CANDIDATE_REPEATED and CANDIDATE_MISSING.
//
// Returns an error if the whole file is doubtful:
// - The text is not CSV (reasons of CsvReader).
// - The columns do not fit the mapping (reasons of BindColumns).
// - Ids collide or are empty (ID_COLLISION, ID_EMPTY).
// - The area paths have several roots (ROOT_COUNT).
// - The mapping does not know a value of the candidate column (VALUE_UNKNOWN).
// - There are no rows (NO_ROWS).
absl::StatusOr<StationSheet> ReadStationSheet(std::string_view text, const Mapping& mapping);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_STATION_SHEET_H_
