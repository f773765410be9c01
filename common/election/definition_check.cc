#include "common/election/definition_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/definition_merge.h"
#include "common/election/move_check.h"
#include "common/election/part_check.h"
#include "common/election/problem_list.h"
#include "common/election/rule.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

// More contests than any ballot paper.
constexpr std::size_t kContestsMax = 1'000;
// More organisations than ever polled or observed one election.
constexpr std::size_t kSourcesMax = 100;
// About as many as the smallest units of the largest countries.
constexpr std::size_t kAreasMax = 1'000'000;
// Every contest has sums for each area at and below its own, from each source: of the votes of each
// candidate, and what takes as much room as this many more.
constexpr std::int64_t kSumsBesideVotes = 14;
// At 16 bytes each 4 GB, in the aggregator and in every publisher. A definition past it would be
// accepted and then end the process at every start.
constexpr std::int64_t kSumsMax = 250'000'000;
// Five times India's stations; what the register of one election may take of memory.
constexpr std::size_t kStationsMax = 5'000'000;
// Every report is added to each area above it; real trees have about six levels.
constexpr int kAreaDepthMax = 100;

// Parts of a request by id; views into its strings, which stay where they are.
using Places = absl::flat_hash_map<absl::string_view, std::size_t>;

// The definition as it will be: the parts of a change, whole, over those of `current`.
class DefinitionCheck {
 public:
  DefinitionCheck(const Definition* current, const DefinitionChange& change, ProblemList& problems)
      : current_(current), change_(change), problems_(problems) {}

  void Run();

 private:
  static Place PlaceOf(const Contest& contest, std::size_t i) {
    return {"definition.contests", i, "contest", contest.id};
  }
  static Place PlaceOf(const Source& source, std::size_t i) {
    return {"definition.sources", i, "source", source.id};
  }
  static Place PlaceOf(const Area& area, std::size_t i) {
    return {"definition.areas", i, "area", area.id};
  }
  static Place PlaceOf(const Station& station, std::size_t i) {
    return {"definition.stations", i, "station", station.id};
  }

  template <typename Part>
  Places IndexParts(const std::vector<Part>& parts, std::string_view id_field);
  void CheckSharedIds();
  void CheckFirstParts();
  void CheckSizes();
  void CheckSize(std::size_t before, std::size_t added, std::size_t limit, std::string_view field);
  void CheckParts();
  void CheckElectionPart();

  void CheckAreaTree();
  void CheckParents();
  void CheckDepths();
  // Levels at or above an area; by id, of those that are known.
  using Depths = absl::flat_hash_map<absl::string_view, int>;
  int DepthOf(const Area& lowest, Depths& depths);
  void CheckRoots();
  void AddCycle(absl::string_view id);
  void CheckSums();
  // By area, those at or below it, of the areas of contests. REQUIRES: the tree has no cycle.
  absl::flat_hash_map<absl::string_view, std::int64_t> AreasOfContests() const;
  // Calls `visit` with each part as it will be. `changed`: those of `parts`, by id.
  template <typename Part, typename Visit>
  void ForEach(const std::vector<Part>* before, const Places& changed,
               const std::vector<Part>& parts, const Visit& visit) const;
  template <typename Visit>
  void ForEachContest(const Visit& visit) const;
  template <typename Visit>
  void ForEachArea(const Visit& visit) const;

  void CheckStationRelations();
  void CheckMerged(const Station& station, const Place& place);
  void CheckContestsOfMerged(const Station& station, const Station& target, const Place& place);
  void CheckCountedHere(const Station& station, const Place& place);

  // The part as it will be; null where there is none.
  const Area* FindArea(std::string_view id) const;
  const Station* FindStation(std::string_view id) const;
  // The ids of an area and all above it. REQUIRES: the tree has no cycle.
  std::vector<absl::string_view> AreasAbove(std::string_view area_id) const;

  const Definition* current_;
  const DefinitionChange& change_;
  ProblemList& problems_;
  Places contests_;
  Places sources_;
  Places areas_;
  Places stations_;
};

void DefinitionCheck::Run() {
  if (current_ == nullptr) CheckFirstParts();
  CheckSizes();
  if (!problems_.empty()) return;
  contests_ = IndexParts(change_.contests, "contest_id");
  sources_ = IndexParts(change_.sources, "source_id");
  areas_ = IndexParts(change_.areas, "area_id");
  stations_ = IndexParts(change_.stations, "station_id");
  CheckSharedIds();
  CheckElectionPart();
  CheckParts();
  CheckReason(change_, problems_);
  // Relations are followed by ids that are known to be unique, in a tree that is known to be one.
  if (problems_.empty()) CheckAreaTree();
  if (problems_.empty()) CheckSums();
  if (problems_.empty()) CheckStationRelations();
}

void DefinitionCheck::CheckElectionPart() {
  if (!change_.election) return;
  CheckElection(*change_.election, problems_);
  if (current_ == nullptr || change_.election->id == current_->election().id) return;
  problems_.Add("ID_MALFORMED", "definition.election.election_id",
                StrCat(Quoted(change_.election->id), " is not the id of the election, which is ",
                       Quoted(current_->election().id)));
}

// Each id once.
template <typename Part>
Places DefinitionCheck::IndexParts(const std::vector<Part>& parts, std::string_view id_field) {
  Places places;
  places.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [first, is_new] = places.try_emplace(parts[i].id, i);
    if (is_new) continue;
    const Place place = PlaceOf(parts[i], i);
    problems_.Add("ID_REPEATED", place, id_field,
                  StrCat("is also ", place.list, "[", first->second, "]"));
  }
  return places;
}

// Areas and stations are asked for by the same ids.
void DefinitionCheck::CheckSharedIds() {
  for (std::size_t i = 0; i < change_.stations.size(); ++i) {
    const Station& station = change_.stations[i];
    if (FindArea(station.id) == nullptr) continue;
    problems_.Add("ID_REPEATED", PlaceOf(station, i), "station_id", "an area has the same id");
  }
  for (std::size_t i = 0; i < change_.areas.size(); ++i) {
    const Area& area = change_.areas[i];
    // Stations of this change were compared above.
    if (current_ == nullptr || !current_->FindStation(area.id)) continue;
    problems_.Add("ID_REPEATED", PlaceOf(area, i), "area_id", "a station has the same id");
  }
}

void DefinitionCheck::CheckSize(std::size_t before, std::size_t added, std::size_t limit,
                                std::string_view field) {
  // Parts that replace others are counted twice, which matters to nobody who is near the limit.
  if (before + added <= limit) return;
  problems_.Add("TOO_MANY_PARTS", StrCat("definition.", field),
                StrCat("there would be ", before + added, "; at most ", limit, " are allowed"));
}

void DefinitionCheck::CheckSizes() {
  static const auto& nothing = *new Definition();
  const Definition& before = current_ == nullptr ? nothing : *current_;
  CheckSize(before.contests().size(), change_.contests.size(), kContestsMax, "contests");
  CheckSize(before.sources().size(), change_.sources.size(), kSourcesMax, "sources");
  CheckSize(before.areas().size(), change_.areas.size(), kAreasMax, "areas");
  CheckSize(before.stations().size(), change_.stations.size(), kStationsMax, "stations");
}

// Stations may come later.
void DefinitionCheck::CheckFirstParts() {
  const auto check = [this](bool given, std::string_view field) {
    if (!given) problems_.Add("PART_MISSING", StrCat("definition.", field), "must be given");
  };
  check(change_.election.has_value(), "election");
  check(!change_.contests.empty(), "contests");
  check(!change_.sources.empty(), "sources");
  check(!change_.areas.empty(), "areas");
}

void DefinitionCheck::CheckParts() {
  for (std::size_t i = 0; i < change_.contests.size(); ++i) {
    const Contest& contest = change_.contests[i];
    const Place place = PlaceOf(contest, i);
    CheckContest(contest, place, problems_);
    // The whole territory where it is left out.
    if (contest.area_id.empty() || FindArea(contest.area_id) != nullptr) continue;
    problems_.Add("AREA_UNKNOWN", place, "area_id",
                  StrCat("area ", Quoted(contest.area_id), " is not defined"));
  }
  for (std::size_t i = 0; i < change_.sources.size(); ++i) {
    CheckSource(change_.sources[i], PlaceOf(change_.sources[i], i), problems_);
  }
  for (std::size_t i = 0; i < change_.areas.size(); ++i) {
    CheckArea(change_.areas[i], PlaceOf(change_.areas[i], i), problems_);
  }
  for (std::size_t i = 0; i < change_.stations.size(); ++i) {
    CheckStation(change_.stations[i], PlaceOf(change_.stations[i], i), problems_);
  }
}

// ---- The tree of areas.

void DefinitionCheck::CheckAreaTree() {
  if (change_.areas.empty()) return;
  CheckParents();
  CheckDepths();
  CheckRoots();
}

void DefinitionCheck::CheckParents() {
  for (std::size_t i = 0; i < change_.areas.size(); ++i) {
    const Area& area = change_.areas[i];
    if (area.parent_id.empty() || FindArea(area.parent_id) != nullptr) continue;
    problems_.Add("PARENT_UNKNOWN", PlaceOf(area, i), "parent_area_id",
                  StrCat("area ", Quoted(area.parent_id), " is not defined"));
  }
}

// Cycles can only go through a change.
void DefinitionCheck::CheckDepths() {
  Depths depths;
  depths.reserve(change_.areas.size());
  for (const Area& changed : change_.areas) {
    int deepest = DepthOf(changed, depths);
    // Whatever lies below an area moves with it.
    const std::optional<int> number =
        current_ == nullptr ? std::nullopt : current_->FindArea(changed.id);
    if (number && current_->areas()[Index(*number)].parent_id != changed.parent_id) {
      for (const int below : current_->AreasBelow(*number)) {
        const Area& area = *FindArea(current_->areas()[Index(below)].id);
        deepest = std::max(deepest, DepthOf(area, depths));
      }
    }
    if (deepest <= kAreaDepthMax) continue;
    problems_.Add("AREA_TOO_DEEP", PlaceOf(changed, areas_.at(changed.id)), "parent_area_id",
                  StrCat("has ", deepest, " levels; at most ", kAreaDepthMax, " are allowed"));
  }
}

// Walks up until something is known.
int DefinitionCheck::DepthOf(const Area& lowest, Depths& depths) {
  constexpr int kOnTheWay = -1;
  std::vector<absl::string_view> way;
  int depth = 0;
  for (const Area* area = &lowest; area != nullptr; area = FindArea(area->parent_id)) {
    const auto [known, is_new] = depths.try_emplace(area->id, kOnTheWay);
    if (!is_new) {
      if (known->second == kOnTheWay) AddCycle(area->id);
      depth = std::max(known->second, 0);
      break;
    }
    way.emplace_back(area->id);
  }
  std::reverse(way.begin(), way.end());
  for (const absl::string_view area : way) depths[area] = ++depth;
  return depth;
}

void DefinitionCheck::AddCycle(absl::string_view id) {
  constexpr std::size_t kNamedMax = 20;  // in the message
  std::vector<std::string> named;
  const Area* first_changed = nullptr;
  const Area* area = FindArea({id.data(), id.size()});
  const Area* const start = area;
  do {
    named.push_back(Quoted(area->id));
    if (first_changed == nullptr && areas_.contains(area->id)) first_changed = area;
    area = FindArea(area->parent_id);
  } while (area != start);
  const bool all = named.size() <= kNamedMax;
  if (all) named.push_back(Quoted(start->id));
  named.resize(std::min(named.size(), kNamedMax + 1));
  problems_.Add("AREA_CYCLE", PlaceOf(*first_changed, areas_.at(first_changed->id)),
                "parent_area_id",
                StrCat("lies in itself: ", absl::StrJoin(named, " in "), all ? "" : " in ..."));
}

void DefinitionCheck::CheckRoots() {
  constexpr std::size_t kNamedMax = 5;  // in the message
  std::size_t count = 0;
  std::vector<std::string> named;
  const auto add = [&](const Area& area) {
    if (!area.parent_id.empty()) return;
    ++count;
    if (named.size() < kNamedMax) named.push_back(Quoted(area.id));
  };
  ForEachArea(add);
  if (count == 1) return;
  problems_.Add(
      "ROOT_COUNT", "definition.areas",
      StrCat(count, " areas have no parent", count == 0 ? "" : ": ", absl::StrJoin(named, ", "),
             count > kNamedMax ? ", ..." : "", "; exactly one must be the root"));
}

template <typename Part, typename Visit>
void DefinitionCheck::ForEach(const std::vector<Part>* before, const Places& changed,
                              const std::vector<Part>& parts, const Visit& visit) const {
  if (before != nullptr) {
    for (const Part& part : *before) {
      if (!changed.contains(part.id)) visit(part);
    }
  }
  for (const Part& part : parts) visit(part);
}

template <typename Visit>
void DefinitionCheck::ForEachContest(const Visit& visit) const {
  ForEach(current_ == nullptr ? nullptr : &current_->contests(), contests_, change_.contests,
          visit);
}

template <typename Visit>
void DefinitionCheck::ForEachArea(const Visit& visit) const {
  ForEach(current_ == nullptr ? nullptr : &current_->areas(), areas_, change_.areas, visit);
}

// ---- What the count of it would take of memory.

void DefinitionCheck::CheckSums() {
  if (change_.contests.empty() && change_.sources.empty() && change_.areas.empty()) return;
  std::int64_t sources = 0;
  ForEach(current_ == nullptr ? nullptr : &current_->sources(), sources_, change_.sources,
          [&sources](const Source&) { ++sources; });
  std::int64_t areas = 0;
  ForEachArea([&areas](const Area&) { ++areas; });
  const auto width = [sources](const Contest& contest) {
    return sources * (kSumsBesideVotes + static_cast<std::int64_t>(contest.candidates.size()));
  };
  // As if every contest were on the ballot everywhere: hardly any election comes near the limit.
  std::int64_t sums = 0;
  ForEachContest([&](const Contest& contest) { sums += areas * width(contest); });
  if (sums <= kSumsMax) return;

  const absl::flat_hash_map<absl::string_view, std::int64_t> areas_of = AreasOfContests();
  sums = 0;
  ForEachContest([&](const Contest& contest) {
    const bool everywhere = contest.area_id.empty();
    sums += (everywhere ? areas : areas_of.at(contest.area_id)) * width(contest);
  });
  if (sums <= kSumsMax) return;
  problems_.Add("TOO_MANY_PARTS", "definition.contests",
                StrCat("the areas of all contests from all ", sources, " sources would have ", sums,
                       " sums (votes of each candidate and ", kSumsBesideVotes,
                       " more, in each area of each contest); at most ", kSumsMax, " are allowed"));
}

absl::flat_hash_map<absl::string_view, std::int64_t> DefinitionCheck::AreasOfContests() const {
  absl::flat_hash_map<absl::string_view, std::int64_t> areas_of;
  ForEachContest([&](const Contest& contest) { areas_of.try_emplace(contest.area_id, 0); });
  ForEachArea([&](const Area& lowest) {
    for (const Area* area = &lowest; area != nullptr; area = FindArea(area->parent_id)) {
      const auto found = areas_of.find(area->id);
      if (found != areas_of.end()) ++found->second;
    }
  });
  return areas_of;
}

// ---- Stations.

void DefinitionCheck::CheckStationRelations() {
  for (std::size_t i = 0; i < change_.stations.size(); ++i) {
    const Station& station = change_.stations[i];
    const Place place = PlaceOf(station, i);
    if (station.area_id.empty()) {
      problems_.Add("AREA_UNKNOWN", place, "area_id", "an area must be given");
    } else if (FindArea(station.area_id) == nullptr) {
      problems_.Add("AREA_UNKNOWN", place, "area_id",
                    StrCat("area ", Quoted(station.area_id), " is not defined"));
    } else if (IsMerged(station)) {
      CheckMerged(station, place);
    }
    if (IsMerged(station) || IsClosed(station)) CheckCountedHere(station, place);
  }
}

void DefinitionCheck::CheckMerged(const Station& station, const Place& place) {
  constexpr std::string_view kField = "counted_at_station_id";
  const Station* target = FindStation(*station.counted_at_station_id);
  if (target == nullptr) {
    problems_.Add("STATION_UNKNOWN", place, kField,
                  StrCat("station ", Quoted(*station.counted_at_station_id), " is not defined"));
  } else if (IsClosed(station)) {
    problems_.Add("STATION_CHAIN", place, kField,
                  StrCat("is closed, and counted at station ", Quoted(target->id), " at once"));
  } else if (IsMerged(*target)) {
    problems_.Add("STATION_CHAIN", place, kField,
                  StrCat("station ", Quoted(target->id), " is itself counted at station ",
                         Quoted(*target->counted_at_station_id)));
  } else if (IsClosed(*target)) {
    problems_.Add("STATION_CHAIN", place, kField,
                  StrCat("station ", Quoted(target->id), " is closed"));
  } else if (target->area_id != station.area_id) {
    CheckContestsOfMerged(station, *target, place);
  }
}

// A contest that is on the ballot at `station` must be at `target`, or its votes could not be
// reported.
void DefinitionCheck::CheckContestsOfMerged(const Station& station, const Station& target,
                                            const Place& place) {
  const std::vector<absl::string_view> above_target = AreasAbove(target.area_id);
  absl::flat_hash_set<absl::string_view> only_above_station;
  for (const absl::string_view area : AreasAbove(station.area_id)) only_above_station.insert(area);
  for (const absl::string_view area : above_target) only_above_station.erase(area);
  const auto check = [&](const Contest& contest) {
    if (!only_above_station.contains(contest.area_id)) return;
    problems_.Add("STATION_NOT_IN_CONTEST", place, "counted_at_station_id",
                  StrCat("contest ", Quoted(contest.id),
                         " is on the ballot here and not at station ", Quoted(target.id)));
  };
  for (const Contest& contest : change_.contests) check(contest);
  if (current_ == nullptr) return;
  for (const Contest& contest : current_->contests()) {
    if (!contests_.contains(contest.id)) check(contest);
  }
}

// Stations of the definition before that go on being counted at one that no longer counts.
void DefinitionCheck::CheckCountedHere(const Station& station, const Place& place) {
  if (current_ == nullptr) return;
  const std::optional<int> number = current_->FindStation(station.id);
  if (!number) return;
  for (const int counted_no : current_->StationsCountedHere(*number)) {
    const Station& counted = current_->stations()[Index(counted_no)];
    if (stations_.contains(counted.id)) continue;  // checked as a change of its own
    problems_.Add("STATION_CHAIN", place,
                  IsMerged(station) ? "counted_at_station_id" : "closed_reason",
                  StrCat("station ", Quoted(counted.id), " is counted here"));
  }
}

const Area* DefinitionCheck::FindArea(std::string_view id) const {
  if (id.empty()) return nullptr;
  const auto changed = areas_.find(ToAbsl(id));
  if (changed != areas_.end()) return &change_.areas[changed->second];
  if (current_ == nullptr) return nullptr;
  const std::optional<int> number = current_->FindArea(id);
  return number ? &current_->areas()[Index(*number)] : nullptr;
}

const Station* DefinitionCheck::FindStation(std::string_view id) const {
  const auto changed = stations_.find(ToAbsl(id));
  if (changed != stations_.end()) return &change_.stations[changed->second];
  if (current_ == nullptr) return nullptr;
  const std::optional<int> number = current_->FindStation(id);
  return number ? &current_->stations()[Index(*number)] : nullptr;
}

std::vector<absl::string_view> DefinitionCheck::AreasAbove(std::string_view area_id) const {
  std::vector<absl::string_view> ids;
  for (const Area* area = FindArea(area_id); area != nullptr; area = FindArea(area->parent_id)) {
    ids.emplace_back(area->id);
  }
  return ids;
}

// A contest without an area is on the ballot everywhere. REQUIRES: there is exactly one root.
void FillInContestAreas(const Definition* current, DefinitionChange& change) {
  const auto root = std::find_if(change.areas.begin(), change.areas.end(),
                                 [](const Area& area) { return area.parent_id.empty(); });
  const std::string root_id =
      root != change.areas.end() ? root->id : current->areas()[Index(current->RootArea())].id;
  for (Contest& contest : change.contests) {
    if (contest.area_id.empty()) contest.area_id = root_id;
  }
}

// A policy says only what differs from the defaults.
void DropDefaults(DefinitionChange& change) {
  if (!change.election || !change.election->policy) return;
  auto& severities = change.election->policy->severities;
  severities.erase(
      std::remove_if(severities.begin(), severities.end(),
                     [](const auto& one) { return one.second == DefaultSeverity(one.first); }),
      severities.end());
  if (*change.election->policy == Policy()) change.election->policy.reset();
}

}  // namespace

absl::StatusOr<DefinitionChange> CheckDefinitionChange(const Definition* current,
                                                       const CountedParts& counted,
                                                       DefinitionChange request) {
  ProblemList problems;
  MergeDefinition(current, request);
  DefinitionCheck(current, request, problems).Run();
  if (!problems.empty()) return problems.ToStatus(absl::StatusCode::kInvalidArgument);
  FillInContestAreas(current, request);
  DropDefaults(request);
  if (current == nullptr) return request;

  CheckMoves(*current, counted, request, problems);
  if (!problems.empty()) return problems.ToStatus(absl::StatusCode::kFailedPrecondition);
  DropUnchangedParts(*current, request);
  if (request.Parts() > 0 && IsBlank(request.reason)) {
    problems.Add("REASON_MISSING", "definition.reason", "a change must say why");
    return problems.ToStatus(absl::StatusCode::kInvalidArgument);
  }
  return request;
}

}  // namespace canvass::election
