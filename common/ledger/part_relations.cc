#include "common/ledger/part_relations.h"

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/base/text.h"
#include "common/election/definition.h"

namespace canvass::ledger {
namespace {

using election::Area;
using election::Contest;
using election::Definition;
using election::DefinitionChange;
using election::Station;

class PartRelations {
 public:
  PartRelations(const Definition& current, const std::vector<DefinitionChange>& changes)
      : current_(current), changes_(changes) {
    for (const DefinitionChange& change : changes_) {
      for (const Area& area : change.areas) parents_[area.id] = area.parent_id;
    }
  }

  std::string FindBroken() const {
    std::string problem = CheckTree();
    if (problem.empty()) problem = CheckContests();
    if (problem.empty()) problem = CheckAreasOfStations();
    if (problem.empty()) problem = CheckMergedStations();
    return problem;
  }

 private:
  static std::string Unknown(std::string_view kind, std::string_view id, std::string_view named,
                             absl::string_view named_id) {
    return StrCat("its ", kind, " \"", id, "\" names the unknown ", named, " \"",
                  std::string_view(named_id.data(), named_id.size()), "\"");
  }

  bool IsArea(std::string_view id) const {
    return parents_.contains(ToAbsl(id)) || current_.FindArea(id).has_value();
  }

  // Checks that there is one root and that every changed area leads to it. Unchanged areas led to
  // it before.
  std::string CheckTree() const {
    if (parents_.empty() && !current_.areas().empty()) return "";
    std::size_t roots = 0;
    for (const Area& area : current_.areas()) {
      if (area.parent_id.empty() && !parents_.contains(area.id)) ++roots;
    }
    for (const auto& [id, parent] : parents_) {
      if (parent.empty()) ++roots;
      if (!parent.empty() && !IsArea({parent.data(), parent.size()})) {
        return Unknown("area", {id.data(), id.size()}, "area", parent);
      }
    }
    if (roots != 1) return StrCat("its areas have ", roots, " roots");
    return CheckCycles();
  }

  std::string CheckCycles() const {
    absl::flat_hash_set<absl::string_view> lead_to_root;
    for (const auto& [first, parent_of_first] : parents_) {
      absl::flat_hash_set<absl::string_view> way;
      for (absl::string_view id = first; !id.empty() && !lead_to_root.contains(id);
           id = ParentOf(id)) {
        if (way.insert(id).second) continue;
        return StrCat("its area \"", std::string_view(id.data(), id.size()), "\" is inside itself");
      }
      lead_to_root.merge(way);
    }
    return "";
  }

  // REQUIRES: IsArea(id).
  absl::string_view ParentOf(absl::string_view id) const {
    const auto changed = parents_.find(id);
    if (changed != parents_.end()) return changed->second;
    assert(IsArea({id.data(), id.size()}));
    const int number = *current_.FindArea({id.data(), id.size()});
    return current_.areas()[static_cast<std::size_t>(number)].parent_id;
  }

  std::string CheckContests() const {
    for (const DefinitionChange& change : changes_) {
      for (const Contest& contest : change.contests) {
        if (IsArea(contest.area_id)) continue;
        return Unknown("contest", contest.id, "area", contest.area_id);
      }
    }
    return "";
  }

  std::string CheckAreasOfStations() const {
    // Registers list the stations of one area together, so most lookups are skipped.
    std::string_view known;
    for (const DefinitionChange& change : changes_) {
      for (const Station& station : change.stations) {
        if (station.area_id == known && !known.empty()) continue;
        if (!IsArea(station.area_id)) {
          return Unknown("station", station.id, "area", station.area_id);
        }
        known = station.area_id;
      }
    }
    return "";
  }

  std::string CheckMergedStations() const {
    // Few stations are merged, so it is cheap to collect the unknown stations at which they are
    // counted and to remove those that this definition adds.
    absl::flat_hash_map<absl::string_view, absl::string_view> merged_by_target;
    for (const DefinitionChange& change : changes_) {
      for (const Station& station : change.stations) {
        if (station.counted_at_station_id.value_or("").empty()) continue;
        if (current_.FindStation(*station.counted_at_station_id)) continue;
        merged_by_target.try_emplace(*station.counted_at_station_id, station.id);
      }
    }
    if (merged_by_target.empty()) return "";
    for (const DefinitionChange& change : changes_) {
      for (const Station& station : change.stations) merged_by_target.erase(station.id);
    }
    if (merged_by_target.empty()) return "";
    const auto& [target, merged] = *merged_by_target.begin();
    return Unknown("station", {merged.data(), merged.size()}, "station", target);
  }

  const Definition& current_;
  const std::vector<DefinitionChange>& changes_;
  // New parent by id, for the areas in `changes_`.
  absl::flat_hash_map<absl::string_view, absl::string_view> parents_;
};

}  // namespace

std::string FindBrokenRelation(const Definition& current,
                               const std::vector<DefinitionChange>& changes) {
  return PartRelations(current, changes).FindBroken();
}

}  // namespace canvass::ledger
