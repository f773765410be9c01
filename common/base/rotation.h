#ifndef CANVASS_COMMON_BASE_ROTATION_H_
#define CANVASS_COMMON_BASE_ROTATION_H_

#include <utility>
#include <vector>

namespace canvass {

// The elements of a map from the first one after `last` on, and then those from its beginning: the
// order in which they have their turns if `last` had the last one. They are valid as long as those
// of the map.
template <typename Map>
auto RotationAfter(Map& map, const typename Map::key_type& last) {
  std::vector<decltype(&*map.begin())> elements;
  elements.reserve(map.size());
  const auto first = map.upper_bound(last);
  for (auto element = first; element != map.end(); ++element) elements.push_back(&*element);
  for (auto element = map.begin(); element != first; ++element) elements.push_back(&*element);
  return elements;
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_ROTATION_H_
