#ifndef CANVASS_COMMON_ELECTION_TERRITORY_H_
#define CANVASS_COMMON_ELECTION_TERRITORY_H_

#include <cstdint>
#include <vector>

#include "common/base/index.h"
#include "common/election/definition.h"

namespace canvass::election {

// A definition's areas and stations as the fold needs them: the areas in an order in which whatever
// lies below one follows it directly, so that a contest's areas are a range of positions; of each
// station a few words, since reports come in any order and each touches a station far from the
// last. Not thread-safe; const access may be shared.
class Territory {
 public:
  struct StationPlace {
    std::int32_t position = 0;           // of its area
    std::int32_t registered_voters = 0;  // register before the poll; 0 if unknown
    bool closed = false;
  };

  Territory() = default;
  explicit Territory(const Definition& definition);

  int PositionOf(int area_no) const { return position_[Index(area_no)]; }
  int AreaAt(int position) const { return areas_[Index(position)].area_no; }
  // -1 for the root, which has position 0.
  int ParentAt(int position) const { return areas_[Index(position)].parent; }
  // Number of areas at and below this position.
  int SizeAt(int position) const { return areas_[Index(position)].size; }
  // True if `position` is `ancestor` or lies below it.
  bool IsWithin(int position, int ancestor) const {
    return ancestor <= position && position < ancestor + SizeAt(ancestor);
  }

  const StationPlace& PlaceOf(int station_no) const { return stations_[Index(station_no)]; }

 private:
  struct AreaPlace {
    int area_no = 0;
    int parent = -1;
    int size = 1;
  };

  std::vector<int> position_;     // by area_no
  std::vector<AreaPlace> areas_;  // by position
  std::vector<StationPlace> stations_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_TERRITORY_H_
