#include "common/election/area_order.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/base/index.h"
#include "common/election/definition.h"

namespace canvass::election {

AreaOrder::AreaOrder(const Definition& definition) {
  const std::size_t areas = definition.areas().size();
  position_.resize(areas);
  size_.assign(areas, 1);
  area_at_.reserve(areas);
  // Not by recursion: a tree may be as deep as it has areas.
  std::vector<int> waiting{definition.RootArea()};
  while (!waiting.empty()) {
    const int area_no = waiting.back();
    waiting.pop_back();
    position_[Index(area_no)] = static_cast<int>(area_at_.size());
    area_at_.push_back(area_no);
    const std::vector<int>& children = definition.ChildrenOfArea(area_no);
    waiting.insert(waiting.end(), children.rbegin(), children.rend());
  }
  for (auto area_no = area_at_.rbegin(); area_no != area_at_.rend(); ++area_no) {
    const int parent_no = definition.ParentOfArea(*area_no);
    if (parent_no >= 0) size_[Index(parent_no)] += size_[Index(*area_no)];
  }
}

bool AreaOrder::IsWithin(int area_no, int ancestor_no) const {
  const int below = PositionOf(area_no) - PositionOf(ancestor_no);
  return 0 <= below && below < SizeOf(ancestor_no);
}

}  // namespace canvass::election
