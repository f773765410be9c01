#include "common/election/station_relations_check.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/definition_merge.h"
#include "common/election/definition_overlay.h"
#include "common/election/problem_list.h"

namespace canvass::election {
namespace {

class StationRelationsCheck {
 public:
  StationRelationsCheck(const DefinitionOverlay& definition, ProblemList& problems)
      : definition_(definition), problems_(problems) {}

  void Run() {
    const std::vector<Station>& stations = definition_.change().stations;
    for (std::size_t i = 0; i < stations.size(); ++i) {
      const Station& station = stations[i];
      const Place place{"definition.stations", i, "station", station.id};
      const bool area_known = CheckArea(station, place);
      if (area_known && IsMerged(station)) CheckMerged(station, place);
      if (IsMerged(station) || IsClosed(station)) CheckCountedHere(station, place);
    }
  }

 private:
  // Returns whether the station's area is defined.
  bool CheckArea(const Station& station, const Place& place) {
    if (station.area_id.empty()) {
      problems_.Add(reason::kAreaUnknown, place, "area_id", "an area must be given");
      return false;
    }
    if (definition_.FindArea(station.area_id) == nullptr) {
      problems_.Add(reason::kAreaUnknown, place, "area_id",
                    StrCat("area ", Quoted(station.area_id), " is not defined"));
      return false;
    }
    return true;
  }

  void CheckMerged(const Station& station, const Place& place) {
    constexpr std::string_view kField = "counted_at_station_id";
    const Station* target = definition_.FindStation(*station.counted_at_station_id);
    if (target == nullptr) {
      problems_.Add(reason::kStationUnknown, place, kField,
                    StrCat("station ", Quoted(*station.counted_at_station_id), " is not defined"));
    } else if (IsClosed(station)) {
      problems_.Add(reason::kStationChain, place, kField,
                    StrCat("is closed, so it cannot be counted at station ", Quoted(target->id)));
    } else if (IsMerged(*target)) {
      problems_.Add(reason::kStationChain, place, kField,
                    StrCat("station ", Quoted(target->id), " is itself counted at station ",
                           Quoted(*target->counted_at_station_id)));
    } else if (IsClosed(*target)) {
      problems_.Add(reason::kStationChain, place, kField,
                    StrCat("station ", Quoted(target->id), " is closed"));
    } else if (target->area_id != station.area_id) {
      CheckContestsOfMerged(station, *target, place);
    }
  }

  void CheckContestsOfMerged(const Station& station, const Station& target, const Place& place) {
    absl::flat_hash_set<absl::string_view> only_above_station;
    for (const absl::string_view area : definition_.AreasAbove(station.area_id)) {
      only_above_station.insert(area);
    }
    for (const absl::string_view area : definition_.AreasAbove(target.area_id)) {
      only_above_station.erase(area);
    }
    const auto check = [&](const Contest& contest) {
      if (!only_above_station.contains(contest.area_id)) return;
      problems_.Add(reason::kStationNotInContest, place, "counted_at_station_id",
                    StrCat("contest ", Quoted(contest.id),
                           " is on the ballot here, but not at station ", Quoted(target.id)));
    };
    for (const Contest& contest : definition_.change().contests) check(contest);
    if (definition_.current() == nullptr) return;
    for (const Contest& contest : definition_.current()->contests()) {
      if (!definition_.FindChanged(contest)) check(contest);
    }
  }

  // Stations of the current definition that stay counted at `station`, which cannot count them.
  void CheckCountedHere(const Station& station, const Place& place) {
    const Definition* const current = definition_.current();
    if (current == nullptr) return;
    const std::optional<int> number = current->FindStation(station.id);
    if (!number) return;
    for (const int counted_no : current->StationsCountedHere(*number)) {
      const Station& counted = current->stations()[Index(counted_no)];
      if (definition_.FindChanged(counted)) continue;  // CheckMerged checks it
      problems_.Add(reason::kStationChain, place,
                    IsMerged(station) ? "counted_at_station_id" : "closed_reason",
                    StrCat("station ", Quoted(counted.id), " is counted here"));
    }
  }

  const DefinitionOverlay& definition_;
  ProblemList& problems_;
};

}  // namespace

void CheckStationRelations(const DefinitionOverlay& definition, ProblemList& problems) {
  StationRelationsCheck(definition, problems).Run();
}

}  // namespace canvass::election
