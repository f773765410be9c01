#ifndef CANVASS_SERVICES_CANVASS_STATION_SHEET_H_
#define CANVASS_SERVICES_CANVASS_STATION_SHEET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "services/canvass/mapping.h"
#include "services/canvass/row_fault.h"

namespace canvass {

// A number that the file does not give.
inline constexpr std::int64_t kNotGiven = -1;

// One station's numbers as the file gives them, right or wrong.
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

// A CSV of station results as its mapping reads it.
struct StationSheet {
  election::DefinitionChange definition{};  // with every station that the file names
  std::vector<StationNumbers> reports{};    // in the order of the file
  std::vector<Rejection> rejections{};      // rows that could not be read
  std::vector<std::string> notes{};         // what is odd and harmless
  std::int64_t rows = 0;
};

// Reads `text`. A row that cannot be read is rejected with all that is wrong with it and the rest
// goes on: rules NUMBER_EMPTY, NUMBER_MALFORMED, NUMBER_TOO_LARGE, TURNOUT_MALFORMED, TURNOUT_ZERO,
// TIME_MALFORMED, STATION_EMPTY, AREA_EMPTY, AREA_DEPTH, STATION_REPEATED (every row of a station
// that the wide layout has twice), ROWS_DISAGREE (rows of one station say different things),
// CANDIDATE_REPEATED, CANDIDATE_MISSING.
//
// What makes the whole file doubtful is an error: text that is not CSV (CsvReader's reasons),
// columns that do not fit (BindColumns'), ids that collide (ID_COLLISION, ID_EMPTY), several roots
// (ROOT_COUNT), a value of the candidate column that the mapping does not know (VALUE_UNKNOWN), no
// row at all (NO_ROWS).
absl::StatusOr<StationSheet> ReadStationSheet(std::string_view text, const Mapping& mapping);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_STATION_SHEET_H_
