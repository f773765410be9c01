#include "common/election/territory.h"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "common/base/index.h"
#include "common/election/definition.h"

namespace canvass::election {

Territory::Territory(const Definition& definition) {
  position_.resize(definition.areas().size());
  areas_.reserve(definition.areas().size());
  // Without recursion, because a tree may be as deep as its number of areas.
  std::vector<int> waiting{definition.RootArea()};
  while (!waiting.empty()) {
    const int area_no = waiting.back();
    waiting.pop_back();
    const int parent_no = definition.ParentOfArea(area_no);
    position_[Index(area_no)] = static_cast<int>(areas_.size());
    areas_.push_back({.area_no = area_no, .parent = parent_no < 0 ? -1 : PositionOf(parent_no)});
    const std::vector<int>& children = definition.ChildrenOfArea(area_no);
    waiting.insert(waiting.end(), children.rbegin(), children.rend());
  }
  for (std::size_t i = areas_.size(); i-- > 1;) {
    areas_[Index(areas_[i].parent)].size += areas_[i].size;
  }
  stations_.reserve(definition.stations().size());
  for (const Station& station : definition.stations()) {
    const int station_no = static_cast<int>(stations_.size());
    const std::int64_t registered = station.registered_voters.value_or(0);
    stations_.push_back({.position = PositionOf(definition.AreaOfStation(station_no)),
                         .registered_voters = static_cast<std::int32_t>(registered),
                         .closed = definition.IsClosed(station_no)});
  }
  RankStations();
}

void Territory::RankStations() {
  first_rank_.assign(areas_.size() + 1, 0);
  for (const StationPlace& station : stations_) ++first_rank_[Index(station.position) + 1];
  std::partial_sum(first_rank_.begin(), first_rank_.end(), first_rank_.begin());
  std::vector<std::int32_t> next = first_rank_;
  for (StationPlace& station : stations_) station.rank = next[Index(station.position)]++;
}

}  // namespace canvass::election
