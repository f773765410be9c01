#ifndef CANVASS_SERVICES_CANVASS_IMPORT_MAPPING_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_MAPPING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"

namespace canvass::cli {

// Meaning of an empty cell.
enum class EmptyCell : std::uint8_t { kError, kUnknown, kZero };

// Origin of one number of a report.
struct CountRule {
  enum class Kind : std::uint8_t {
    kNotGiven,       // unknown for every station
    kColumns,        // sum of `columns`
    kValues,         // long layout: sum of the votes in the rows with these `values`
    kConstant,       // `constant` for every station
    kCastByTurnout,  // registered voters: ballots cast / turnout in percent, which is in columns[0]
    kVotesBlankInvalid,  // ballots cast: candidates' votes + blank + invalid
  };

  Kind kind = Kind::kNotGiven;
  std::vector<std::string> columns{};
  std::vector<std::string> values{};
  std::int64_t constant = 0;
  EmptyCell empty = EmptyCell::kError;
};

// One level of the area path.
struct AreaLevel {
  std::string kind{};
  std::string column{};             // if the path is spread over several columns
  std::string name_column{};        // column with names; if empty, `names` is used
  election::LocalizedText names{};  // "{}" stands for the value; if empty, the value is the name
};

// How a row gives the area of its station.
struct AreaRule {
  std::string path_column{};  // one column with the whole path; empty if each level has its column
  std::string separator{};
  bool ends_with_station = false;  // the last part of the path is the station, not an area
  std::string prefix{};            // prefix of every area's id
  // Area above all others. Required if the paths begin with several areas.
  std::optional<election::Area> root{};
  std::vector<AreaLevel> levels{};
};

struct StationTag {
  std::string column{};
  std::string value{};
  std::string tag{};
};

struct StationRule {
  std::vector<std::string> columns{};  // values are joined by '-' in the id
  std::string prefix{};
  std::string name_column{};
  election::LocalizedText names{};  // "{}" stands for the columns' values
  std::vector<StationTag> tags{};
};

// Layout with one row for each station and candidate.
struct LongLayout {
  std::string candidate_column{};
  std::string votes_column{};
  bool missing_is_zero = false;  // a candidate without a row has 0 votes
  // Values of the candidate column to skip, e.g. rows of totals.
  std::vector<std::string> ignored_values{};
};

struct TimeRule {
  std::string column{};
  std::string format{};  // format of absl::ParseTime
  absl::TimeZone zone{};
  bool empty_is_unknown = false;
};

// How to read a CSV of station results: which columns hold what, and what is the same for the whole
// file.
struct Mapping {
  // Constant parts. `contest` has its candidates. The votes of candidate i are in
  // candidate_sources[i]: in the wide layout a column, in the long layout a value of the candidate
  // column.
  election::Election election{};
  election::Contest contest{};
  election::Source source{};
  std::vector<std::string> candidate_sources{};
  EmptyCell empty_votes = EmptyCell::kError;  // for the cells of candidates

  char delimiter = ',';
  std::optional<LongLayout> long_layout{};  // absent for the wide layout: one row for each station
  StationRule station{};
  AreaRule area{};
  CountRule register_before{};  // Station.registered_voters
  CountRule registered{};
  CountRule issued{};
  CountRule cast{};
  CountRule blank{};
  CountRule invalid{};
  std::optional<TimeRule> time{};
};

// Reads a mapping strictly. Returns INVALID_ARGUMENT MAPPING_INVALID with the path of every key
// that is unknown, missing or wrong. MappingHelp describes the keys.
absl::StatusOr<Mapping> ParseMapping(std::string_view json_text, const std::string& origin);

// Returns the language of names that have none in the file: the election's first language, or "en".
std::string NameLanguage(const Mapping& mapping);

// Describes the mapping's keys for people.
std::string_view MappingHelp();

// Sets the severity of a rule in the election's policy: "CAST_ABOVE_REGISTERED=warn" (off, warn,
// hold, reject). Returns INVALID_ARGUMENT USAGE for anything else.
absl::Status SetSeverity(const std::string& text, election::Election& election);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_MAPPING_H_
