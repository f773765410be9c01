#ifndef CANVASS_COMMON_ELECTION_TERRITORY_H_
#define CANVASS_COMMON_ELECTION_TERRITORY_H_

#include <cstdint>
#include <vector>

#include "common/base/index.h"
#include "common/election/definition.h"

namespace canvass::election {

// The areas and stations of a definition in the layout that the fold needs. All areas below an area
// directly follow it, so the areas of a contest are a range of positions, and its stations are a
// range of ranks. Each station takes only a few words, because reports come in any order and each
// one touches a station far from the previous one. Not thread-safe; const access may be shared.
class Territory {
 public:
  struct StationPlace {
    std::int32_t position = 0;           // of the station's area
    std::int32_t rank = 0;               // among all stations, in order of position
    std::int32_t registered_voters = 0;  // on the register before the poll; 0 if unknown
    bool closed = false;
  };

  Territory() = default;
  explicit Territory(const Definition& definition);

  int PositionOf(int area_no) const { return position_[Index(area_no)]; }
  int AreaAt(int position) const { return areas_[Index(position)].area_no; }
  // Returns the position of the parent; -1 for the root, which has position 0.
  int ParentAt(int position) const { return areas_[Index(position)].parent; }
  // Number of areas at and below this position.
  int SizeAt(int position) const { return areas_[Index(position)].size; }
  // True if `position` is `ancestor` or lies below it.
  bool IsWithin(int position, int ancestor) const {
    return ancestor <= position && position < ancestor + SizeAt(ancestor);
  }

  const StationPlace& PlaceOf(int station_no) const { return stations_[Index(station_no)]; }

  // Ranks from `first` until before `end`.
  struct StationRange {
    std::int32_t first = 0;
    std::int32_t end = 0;
  };
  // Returns the ranks of the stations in the area at this position and below it.
  StationRange StationsWithin(int position) const {
    return {.first = first_rank_[Index(position)],
            .end = first_rank_[Index(position + SizeAt(position))]};
  }

 private:
  struct AreaPlace {
    int area_no = 0;
    int parent = -1;
    int size = 1;
  };

  void RankStations();

  std::vector<int> position_;             // by area_no
  std::vector<AreaPlace> areas_;          // by position
  std::vector<std::int32_t> first_rank_;  // by position, and the number of stations at the end
  std::vector<StationPlace> stations_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_TERRITORY_H_
