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
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/definition_merge.h"
#include "common/election/definition_overlay.h"
#include "common/election/move_check.h"
#include "common/election/part_check.h"
#include "common/election/problem_list.h"
#include "common/election/rule.h"
#include "common/election/station_relations_check.h"
#include "common/election/text_check.h"

namespace canvass::election {
namespace {

// More contests than any ballot paper.
constexpr std::size_t kContestsMax = 1'000;
// More organisations than ever polled or observed one election.
constexpr std::size_t kSourcesMax = 100;
// About the number of the smallest units of the largest countries.
constexpr std::size_t kAreasMax = 1'000'000;
// For each source and each area at or below its own, a contest stores one sum for every candidate,
// and other numbers that take as much memory as this many sums.
constexpr std::int64_t kSumsBesideVotes = 14;
// 4 GB at 16 bytes each, in the aggregator and in every publisher. Without this limit, a definition
// could be accepted that ends the process at every start.
constexpr std::int64_t kSumsMax = 250'000'000;
// Five times as many as in India. Bounds the memory of one election's register.
constexpr std::size_t kStationsMax = 5'000'000;
// Every report is added to each area above its station. Real trees have about six levels.
constexpr int kAreaDepthMax = 100;

Place PlaceOf(const Contest& contest, std::size_t i) {
  return {"definition.contests", i, "contest", contest.id};
}
Place PlaceOf(const Source& source, std::size_t i) {
  return {"definition.sources", i, "source", source.id};
}
Place PlaceOf(const Area& area, std::size_t i) { return {"definition.areas", i, "area", area.id}; }
Place PlaceOf(const Station& station, std::size_t i) {
  return {"definition.stations", i, "station", station.id};
}

// A first definition may leave out its stations, which can be added later.
void CheckFirstParts(const DefinitionChange& change, ProblemList& problems) {
  const auto check = [&problems](bool given, std::string_view field) {
    if (!given) problems.Add(reason::kPartMissing, StrCat("definition.", field), "must be given");
  };
  check(change.election.has_value(), "election");
  check(!change.contests.empty(), "contests");
  check(!change.sources.empty(), "sources");
  check(!change.areas.empty(), "areas");
}

void CheckSize(std::size_t before, std::size_t added, std::size_t limit, std::string_view field,
               ProblemList& problems) {
  // A part that replaces another one is counted twice, which only matters close to the limit.
  if (before + added <= limit) return;
  problems.Add(reason::kTooManyParts, StrCat("definition.", field),
               StrCat("there would be ", before + added, "; at most ", limit, " are allowed"));
}

void CheckSizes(const Definition* current, const DefinitionChange& change, ProblemList& problems) {
  static const auto& nothing = *new Definition();
  const Definition& before = current == nullptr ? nothing : *current;
  CheckSize(before.contests().size(), change.contests.size(), kContestsMax, "contests", problems);
  CheckSize(before.sources().size(), change.sources.size(), kSourcesMax, "sources", problems);
  CheckSize(before.areas().size(), change.areas.size(), kAreasMax, "areas", problems);
  CheckSize(before.stations().size(), change.stations.size(), kStationsMax, "stations", problems);
}

// Checks a change of acceptable size against the current definition.
class DefinitionCheck {
 public:
  DefinitionCheck(const Definition* current, const DefinitionChange& change, ProblemList& problems)
      : current_(current), change_(change), merged_(current, change), problems_(problems) {}

  void Run();

 private:
  // Levels at or above an area, by id, for the areas whose depth is known.
  using Depths = absl::flat_hash_map<absl::string_view, int>;

  template <typename Part>
  void CheckRepeatedIds(const std::vector<Part>& parts, std::string_view id_field);
  void CheckSharedIds();
  void CheckParts();
  void CheckElectionPart();

  void CheckAreaTree();
  void CheckParents();
  void CheckDepths();
  int DepthOf(const Area& lowest, Depths& depths);
  void CheckRoots();
  void AddCycle(absl::string_view id);

  void CheckSums();
  // Returns, for each area of a contest, the number of areas at and below it. REQUIRES: the tree
  // has no cycle.
  absl::flat_hash_map<absl::string_view, std::int64_t> AreasOfContests() const;

  const Definition* current_;
  const DefinitionChange& change_;
  const DefinitionOverlay merged_;
  ProblemList& problems_;
};

void DefinitionCheck::Run() {
  CheckRepeatedIds(change_.contests, "contest_id");
  CheckRepeatedIds(change_.sources, "source_id");
  CheckRepeatedIds(change_.areas, "area_id");
  CheckRepeatedIds(change_.stations, "station_id");
  CheckSharedIds();
  CheckElectionPart();
  CheckParts();
  CheckReason(change_, problems_);
  // The next checks follow ids, which must be unique, and the later ones walk up the tree of areas,
  // which must have no cycle.
  if (problems_.empty()) CheckAreaTree();
  if (problems_.empty()) CheckSums();
  if (problems_.empty()) CheckStationRelations(merged_, problems_);
}

void DefinitionCheck::CheckElectionPart() {
  if (!change_.election) return;
  CheckElection(*change_.election, problems_);
  if (current_ == nullptr || change_.election->id == current_->election().id) return;
  problems_.Add(reason::kIdMalformed, "definition.election.election_id",
                StrCat(Quoted(change_.election->id), " is not the id of the election, which is ",
                       Quoted(current_->election().id)));
}

template <typename Part>
void DefinitionCheck::CheckRepeatedIds(const std::vector<Part>& parts, std::string_view id_field) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t first = merged_.FindChanged(parts[i]).value_or(i);
    if (first == i) continue;
    const Place place = PlaceOf(parts[i], i);
    problems_.Add(reason::kIdRepeated, place, id_field,
                  StrCat("has the same id as ", place.list, "[", first, "]"));
  }
}

// Areas and stations share one namespace of ids.
void DefinitionCheck::CheckSharedIds() {
  for (std::size_t i = 0; i < change_.stations.size(); ++i) {
    const Station& station = change_.stations[i];
    if (merged_.FindArea(station.id) == nullptr) continue;
    problems_.Add(reason::kIdRepeated, PlaceOf(station, i), "station_id",
                  "an area has the same id");
  }
  for (std::size_t i = 0; i < change_.areas.size(); ++i) {
    const Area& area = change_.areas[i];
    // The loop above has compared the stations of this change.
    if (current_ == nullptr || !current_->FindStation(area.id)) continue;
    problems_.Add(reason::kIdRepeated, PlaceOf(area, i), "area_id", "a station has the same id");
  }
}

void DefinitionCheck::CheckParts() {
  for (std::size_t i = 0; i < change_.contests.size(); ++i) {
    const Contest& contest = change_.contests[i];
    const Place place = PlaceOf(contest, i);
    CheckContest(contest, place, problems_);
    // A contest without an area is on the ballot everywhere.
    if (contest.area_id.empty() || merged_.FindArea(contest.area_id) != nullptr) continue;
    problems_.Add(reason::kAreaUnknown, place, "area_id",
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
    if (area.parent_id.empty() || merged_.FindArea(area.parent_id) != nullptr) continue;
    problems_.Add(reason::kParentUnknown, PlaceOf(area, i), "parent_area_id",
                  StrCat("area ", Quoted(area.parent_id), " is not defined"));
  }
}

// Every cycle contains an area of the change, because the current definition has none.
void DefinitionCheck::CheckDepths() {
  Depths depths;
  depths.reserve(change_.areas.size());
  for (std::size_t i = 0; i < change_.areas.size(); ++i) {
    const Area& changed = change_.areas[i];
    int deepest = DepthOf(changed, depths);
    // The areas below an area move with it.
    const std::optional<int> number =
        current_ == nullptr ? std::nullopt : current_->FindArea(changed.id);
    if (number && current_->areas()[Index(*number)].parent_id != changed.parent_id) {
      for (const int below : current_->AreasBelow(*number)) {
        const Area& area = *merged_.FindArea(current_->areas()[Index(below)].id);
        deepest = std::max(deepest, DepthOf(area, depths));
      }
    }
    if (deepest <= kAreaDepthMax) continue;
    problems_.Add(reason::kAreaTooDeep, PlaceOf(changed, i), "parent_area_id",
                  StrCat("has ", deepest, " levels; at most ", kAreaDepthMax, " are allowed"));
  }
}

// Walks up to the root or to the first area whose depth is known.
int DefinitionCheck::DepthOf(const Area& lowest, Depths& depths) {
  constexpr int kOnTheWay = -1;
  std::vector<absl::string_view> way;
  int depth = 0;
  for (const Area* area = &lowest; area != nullptr; area = merged_.FindArea(area->parent_id)) {
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

// Adds a problem for the cycle that contains the area.
void DefinitionCheck::AddCycle(absl::string_view id) {
  constexpr std::size_t kNamedMax = 20;  // in the message
  std::vector<std::string> named;
  std::optional<std::size_t> first_changed;  // position in the change
  const Area* area = merged_.FindArea({id.data(), id.size()});
  const Area* const start = area;
  do {
    named.push_back(Quoted(area->id));
    if (!first_changed) first_changed = merged_.FindChanged(*area);
    area = merged_.FindArea(area->parent_id);
  } while (area != start);
  const bool all = named.size() <= kNamedMax;
  if (all) named.push_back(Quoted(start->id));
  named.resize(std::min(named.size(), kNamedMax + 1));
  problems_.Add(reason::kAreaCycle, PlaceOf(change_.areas[*first_changed], *first_changed),
                "parent_area_id",
                StrCat("is inside itself: ", absl::StrJoin(named, " in "), all ? "" : " in ..."));
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
  merged_.ForEachArea(add);
  if (count == 1) return;
  problems_.Add(
      reason::kRootCount, "definition.areas",
      StrCat(count, " areas have no parent", count == 0 ? "" : ": ", absl::StrJoin(named, ", "),
             count > kNamedMax ? ", ..." : "", "; exactly one must be the root"));
}

// ---- Memory that the count would need.

void DefinitionCheck::CheckSums() {
  if (change_.contests.empty() && change_.sources.empty() && change_.areas.empty()) return;
  std::int64_t sources = 0;
  merged_.ForEachSource([&sources](const Source&) { ++sources; });
  std::int64_t areas = 0;
  merged_.ForEachArea([&areas](const Area&) { ++areas; });
  const auto width = [sources](const Contest& contest) {
    return sources * (kSumsBesideVotes + static_cast<std::int64_t>(contest.candidates.size()));
  };
  // An upper bound, as if every contest were on the ballot everywhere. Hardly any election comes
  // near the limit, so the exact number is seldom needed.
  std::int64_t sums = 0;
  merged_.ForEachContest([&](const Contest& contest) { sums += areas * width(contest); });
  if (sums <= kSumsMax) return;

  const absl::flat_hash_map<absl::string_view, std::int64_t> areas_of = AreasOfContests();
  sums = 0;
  merged_.ForEachContest([&](const Contest& contest) {
    const bool everywhere = contest.area_id.empty();
    sums += (everywhere ? areas : areas_of.at(contest.area_id)) * width(contest);
  });
  if (sums <= kSumsMax) return;
  problems_.Add(reason::kTooManyParts, "definition.contests",
                StrCat("the count would need ", sums, " sums (for each of ", sources,
                       " sources, in each area of each contest: the votes of each candidate and ",
                       kSumsBesideVotes, " more); at most ", kSumsMax, " are allowed"));
}

absl::flat_hash_map<absl::string_view, std::int64_t> DefinitionCheck::AreasOfContests() const {
  absl::flat_hash_map<absl::string_view, std::int64_t> areas_of;
  merged_.ForEachContest([&](const Contest& contest) { areas_of.try_emplace(contest.area_id, 0); });
  merged_.ForEachArea([&](const Area& lowest) {
    for (const Area* area = &lowest; area != nullptr; area = merged_.FindArea(area->parent_id)) {
      const auto found = areas_of.find(area->id);
      if (found != areas_of.end()) ++found->second;
    }
  });
  return areas_of;
}

// Sets the area of each contest that has none to the root. REQUIRES: there is exactly one root.
void FillInContestAreas(const Definition* current, DefinitionChange& change) {
  const auto root = std::find_if(change.areas.begin(), change.areas.end(),
                                 [](const Area& area) { return area.parent_id.empty(); });
  const std::string root_id =
      root != change.areas.end() ? root->id : current->areas()[Index(current->RootArea())].id;
  for (Contest& contest : change.contests) {
    if (contest.area_id.empty()) contest.area_id = root_id;
  }
}

// Removes from the policy what equals the defaults.
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
  if (current == nullptr) CheckFirstParts(request, problems);
  CheckSizes(current, request, problems);
  if (problems.empty()) DefinitionCheck(current, request, problems).Run();
  if (!problems.empty()) return problems.ToStatus(absl::StatusCode::kInvalidArgument);
  FillInContestAreas(current, request);
  DropDefaults(request);
  if (current == nullptr) return request;

  CheckMoves(*current, counted, request, problems);
  if (!problems.empty()) return problems.ToStatus(absl::StatusCode::kFailedPrecondition);
  DropUnchangedParts(*current, request);
  if (request.Parts() > 0 && IsBlank(request.reason)) {
    problems.Add(reason::kReasonMissing, "definition.reason",
                 "must say why the definition changes");
    return problems.ToStatus(absl::StatusCode::kInvalidArgument);
  }
  return request;
}

}  // namespace canvass::election
