#ifndef CANVASS_COMMON_ELECTION_DEFINITION_H_
#define CANVASS_COMMON_ELECTION_DEFINITION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/election/rule.h"

// The definition of an election. Ids match [a-z0-9][a-z0-9._-]{0,62} and never change.
namespace canvass::election {

// A text in several languages: pairs of BCP 47 tag and text, ordered by tag, each tag once.
using LocalizedText = std::vector<std::pair<std::string, std::string>>;

// The rules and limits that an election sets for itself.
struct Policy {
  // Severities that differ from DefaultSeverity, ordered by rule, each rule once.
  std::vector<std::pair<Rule, Severity>> severities{};
  // Percentage of ballots cast at which INVALID_SHARE_HIGH and BLANK_SHARE_HIGH warn, in
  // hundredths: 300 is 3 %.
  std::int32_t invalid_share_high_hundredths = 300;
  std::int32_t blank_share_high_hundredths = 300;
  // Official reports before this instant break POLLS_NOT_CLOSED. If absent, the rule is not
  // checked.
  std::optional<absl::Time> polls_close_at{};
  // An annulment or certification needs two operators: it takes effect when a second one decides
  // what a first one proposed. Stays so once it is set.
  bool two_operators = false;

  bool operator==(const Policy&) const = default;
};

struct Election {
  std::string id{};
  LocalizedText names{};
  std::vector<std::string> languages{};  // in order of preference
  std::string polling_date{};            // YYYY-MM-DD
  std::string time_zone{};               // IANA name
  std::optional<Policy> policy{};        // absent in a request means unchanged
  std::string previous_election_id{};
  std::optional<bool> rehearsal{};
  LocalizedText notices{};

  bool operator==(const Election&) const = default;
};

struct Candidate {
  std::string id{};
  LocalizedText names{};
  LocalizedText affiliations{};
  std::optional<bool> withdrawn{};

  bool operator==(const Candidate&) const = default;
};

struct Contest {
  std::string id{};
  LocalizedText names{};
  std::string area_id{};                // empty in the request for a new contest: root area
  std::vector<Candidate> candidates{};  // in ballot order
  std::optional<bool> blank_votes_valid{};

  bool operator==(const Contest&) const = default;
};

struct Area {
  std::string id{};
  std::string parent_id{};  // empty for the root
  std::string kind{};
  LocalizedText names{};

  bool operator==(const Area&) const = default;
};

struct Station {
  std::string id{};
  std::string area_id{};
  LocalizedText names{};
  std::vector<std::string> tags{};
  std::optional<std::int64_t> registered_voters{};     // on the register before the poll
  std::optional<std::string> counted_at_station_id{};  // "" in a request: counted by itself again
  std::optional<std::string> closed_reason{};          // "" in a request: open again

  bool operator==(const Station&) const = default;
};

enum class SourceKind : std::uint8_t {
  kUnspecified = 0,
  kOfficial = 1,
  kExitPoll = 2,
  kParallelCount = 3
};

struct Source {
  std::string id{};
  SourceKind kind = SourceKind::kUnspecified;
  LocalizedText names{};
  std::vector<std::string> organisations{};
  std::optional<absl::Time> visible_from{};  // end of the embargo
  std::string sample_tag{};     // only stations with this tag are expected; all if empty
  std::string design_effect{};  // decimal, e.g. "1.6"; "1" if empty

  bool operator==(const Source&) const = default;
};

// Parts of a definition, matched by id. In a request, a field or list that is left out (empty,
// nullopt) stays unchanged, and one that is given replaces the old value. In an event, every part
// is complete, and only parts that are new or differ are included.
struct DefinitionChange {
  std::optional<Election> election{};
  std::vector<Contest> contests{};
  std::vector<Source> sources{};
  std::vector<Area> areas{};
  std::vector<Station> stations{};
  std::string reason{};

  // Number of parts; 0 if nothing changes.
  std::size_t Parts() const {
    return (election ? 1U : 0U) + contests.size() + sources.size() + areas.size() + stations.size();
  }
  bool operator==(const DefinitionChange&) const = default;
};

// A complete, consistent definition. The number of a part is its position in the order in which
// parts were first defined, and never changes. Not thread-safe; const access may be shared.
class Definition {
 public:
  // Replaces the parts that have the same ids as those of `change`, and appends the new ones. A
  // change may be applied in pieces; the definition is consistent after the last one. Costs only
  // what is new, unless an existing area or station moves. REQUIRES: `change` comes from
  // CheckDefinitionChange against this definition.
  void Apply(DefinitionChange change);

  const Election& election() const { return election_; }
  const Policy& policy() const;
  const std::vector<Contest>& contests() const { return contests_; }
  const std::vector<Source>& sources() const { return sources_; }
  const std::vector<Area>& areas() const { return areas_; }
  const std::vector<Station>& stations() const { return stations_; }

  // Return the number of the part with this id; nullopt if there is none.
  std::optional<int> FindContest(std::string_view id) const;
  std::optional<int> FindSource(std::string_view id) const;
  std::optional<int> FindArea(std::string_view id) const;
  std::optional<int> FindStation(std::string_view id) const;
  // Prefetches into the CPU cache what FindStation will read.
  void PrefetchStation(std::string_view id) const;
  std::optional<int> FindCandidate(int contest_no, std::string_view id) const;

  // Return the only contest or the only official source; nullopt if there are none or several.
  std::optional<int> OnlyContest() const;
  std::optional<int> OnlyOfficialSource() const;

  // Returns -1 for the root.
  int ParentOfArea(int area_no) const { return area_parent_[static_cast<std::size_t>(area_no)]; }
  int AreaOfStation(int station_no) const { return FactsOf(station_no).area_no; }
  int AreaOfContest(int contest_no) const {
    return contest_area_[static_cast<std::size_t>(contest_no)];
  }
  // True if `area_no` is `ancestor_no` or lies below it.
  bool IsWithin(int area_no, int ancestor_no) const;
  // Numbers of the areas directly below, in order of definition.
  const std::vector<int>& ChildrenOfArea(int area_no) const {
    return area_children_[static_cast<std::size_t>(area_no)];
  }
  // Numbers of the stations directly in the area, in order of definition.
  const std::vector<int>& StationsInArea(int area_no) const {
    return area_stations_[static_cast<std::size_t>(area_no)];
  }
  // Returns `area_no` and all areas below it, parents before children, siblings in order of
  // definition.
  std::vector<int> AreasBelow(int area_no) const;
  int RootArea() const { return root_area_; }

  // Returns the station whose report includes this one's ballots: the station itself unless it is
  // merged. A merged station is counted at one that is not merged.
  int CountedAt(int station_no) const { return FactsOf(station_no).counted_at; }
  // Stations counted at this one, without the station itself.
  const std::vector<int>& StationsCountedHere(int station_no) const;
  bool IsClosed(int station_no) const { return FactsOf(station_no).is_closed; }
  bool HasTag(int station_no, std::string_view tag) const;
  // Whether the station is in the sample; an empty tag means all stations. A station that is
  // counted at another one is in the samples of that one, which reports for both.
  bool IsInSample(int station_no, std::string_view sample_tag) const;
  // Whether `source_no` should report this station in this contest: the station lies in the
  // contest's area, is in the source's sample, and is not closed.
  bool IsExpected(int contest_no, int source_no, int station_no) const;

 private:
  // What the checks of every report read about its station, kept together. With a million stations,
  // each access to another place in memory costs about 0.1 us.
  struct StationFacts {
    int area_no = -1;
    int counted_at = -1;
    bool is_closed = false;
  };

  const StationFacts& FactsOf(int station_no) const {
    return station_facts_[static_cast<std::size_t>(station_no)];
  }
  void ClearTree();
  void IndexAreas(std::size_t first);
  void IndexStations(std::size_t first);
  void IndexContests();

  Election election_;
  std::vector<Contest> contests_;
  std::vector<Source> sources_;
  std::vector<Area> areas_;
  std::vector<Station> stations_;
  absl::flat_hash_map<std::string, int> contest_no_;
  absl::flat_hash_map<std::string, int> source_no_;
  absl::flat_hash_map<std::string, int> area_no_;
  absl::flat_hash_map<std::string, int> station_no_;
  std::vector<absl::flat_hash_map<std::string, int>> candidate_no_;
  std::vector<int> contest_area_;
  std::vector<int> area_parent_;
  std::vector<std::vector<int>> area_children_;
  std::vector<std::vector<int>> area_stations_;
  std::vector<StationFacts> station_facts_;
  absl::flat_hash_map<int, std::vector<int>> counted_here_;
  int root_area_ = -1;
  bool unresolved_ = false;  // some part names an area or station that a later piece defines
};

// Returns the text in the first of `languages` that it exists in, else in English, else the first
// one. Returns "" if there is no text.
std::string_view TextIn(const LocalizedText& text, const std::vector<std::string>& languages);

// Whether `id` matches [a-z0-9][a-z0-9._-]{0,62}.
bool IsValidId(std::string_view id);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_DEFINITION_H_
