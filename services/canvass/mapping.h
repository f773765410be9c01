#ifndef CANVASS_SERVICES_CANVASS_MAPPING_H_
#define CANVASS_SERVICES_CANVASS_MAPPING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"

namespace canvass {

// What an empty cell means.
enum class EmptyCell : std::uint8_t { kError, kUnknown, kZero };

// Where one number of a report comes from.
struct CountRule {
  enum class Kind : std::uint8_t {
    kNotGiven,       // unknown for every station
    kColumns,        // the sum of `columns`
    kValues,         // long layout: the sum of the votes in the rows with these `values`
    kConstant,       // `constant` for every station
    kCastByTurnout,  // registered voters: ballots cast / turnout in percent, the column columns[0]
    kVotesBlankInvalid,  // ballots cast: candidates' votes + blank + invalid
  };

  Kind kind = Kind::kNotGiven;
  std::vector<std::string> columns{};
  std::vector<std::string> values{};
  std::int64_t constant = 0;
  EmptyCell empty = EmptyCell::kError;
};

// A level of the area path, from the top.
struct AreaLevel {
  std::string kind{};
  std::string column{};             // where the path is in several columns
  std::string name_column{};        // names; `names` if empty
  election::LocalizedText names{};  // "{}" stands for the value; the value itself if empty
};

// How a row says where its station lies.
struct AreaRule {
  std::string path_column{};  // one column with `separator`; empty where each level has its column
  std::string separator{};
  bool ends_with_station = false;  // the path's last part is the station and no area
  std::string prefix{};            // of every area's id
  std::optional<election::Area>
      root{};  // above everything, where the paths do not begin with one area
  std::vector<AreaLevel> levels{};
};

struct StationTag {
  std::string column{};
  std::string value{};
  std::string tag{};
};

struct StationRule {
  std::vector<std::string> columns{};  // joined by '-' in the id
  std::string prefix{};
  std::string name_column{};
  election::LocalizedText names{};  // "{}" stands for the columns' values
  std::vector<StationTag> tags{};
};

// A row a station and candidate.
struct LongLayout {
  std::string candidate_column{};
  std::string votes_column{};
  bool missing_is_zero = false;               // a candidate without a row has no votes
  std::vector<std::string> ignored_values{};  // of the candidate column, e.g. a row of totals
};

struct TimeRule {
  std::string column{};
  std::string format{};  // as absl::ParseTime takes it
  absl::TimeZone zone{};
  bool empty_is_unknown = false;
};

// How a CSV of station results is read: which columns hold what, and what is the same for the whole
// file.
struct Mapping {
  // Constant parts. `contest` has its candidates; candidate i has its votes in
  // candidate_sources[i]: a column of the wide layout, a value of the candidate column in the long
  // one.
  election::Election election{};
  election::Contest contest{};
  election::Source source{};
  std::vector<std::string> candidate_sources{};
  EmptyCell empty_votes = EmptyCell::kError;  // of a candidate's cell

  char delimiter = ',';
  std::optional<LongLayout> long_layout{};  // absent: wide, a row a station
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

// Reads a mapping, strictly: INVALID_ARGUMENT MAPPING_INVALID lists every key that is unknown,
// missing or wrong, by its path. MappingHelp says what there is.
absl::StatusOr<Mapping> ParseMapping(std::string_view json_text, const std::string& origin);

// Language of the names that a file gives without one: the election's first.
std::string NameLanguage(const Mapping& mapping);

// The mapping's keys for people.
std::string_view MappingHelp();

// Sets the severity of a rule in the election's policy: "CAST_ABOVE_REGISTERED=warn" (off, warn,
// hold, reject). INVALID_ARGUMENT USAGE for anything else.
absl::Status SetSeverity(const std::string& text, election::Election& election);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_MAPPING_H_
