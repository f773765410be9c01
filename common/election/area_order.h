#ifndef CANVASS_COMMON_ELECTION_AREA_ORDER_H_
#define CANVASS_COMMON_ELECTION_AREA_ORDER_H_

#include <vector>

#include "common/base/index.h"
#include "common/election/definition.h"

namespace canvass::election {

// The areas in an order in which whatever lies below an area follows it directly, so that a
// contest's areas are a range of positions. Not thread-safe; const access may be shared.
class AreaOrder {
 public:
  AreaOrder() = default;
  explicit AreaOrder(const Definition& definition);

  int PositionOf(int area_no) const { return position_[Index(area_no)]; }
  int AreaAt(int position) const { return area_at_[Index(position)]; }
  // Number of areas at and below this one.
  int SizeOf(int area_no) const { return size_[Index(area_no)]; }
  // True if `area_no` is `ancestor_no` or lies below it.
  bool IsWithin(int area_no, int ancestor_no) const;

 private:
  std::vector<int> position_;  // by area_no
  std::vector<int> size_;      // by area_no
  std::vector<int> area_at_;   // by position
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_AREA_ORDER_H_
