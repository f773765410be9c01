#ifndef CANVASS_COMMON_ELECTION_STATION_INDEX_H_
#define CANVASS_COMMON_ELECTION_STATION_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/index.h"
#include "common/election/territory.h"

namespace canvass::election {

// Maps the stations of a contest to int32 values; a value that is not set is 0. Takes 4 bytes a
// station of the contest, whatever their numbers are. A page is allocated when the first of its
// stations is set. Pages never move, so no report waits for a rehash.
class StationIndex {
 public:
  // For the stations in `area_no` or below it. `territory` must outlive this, and this must be made
  // again whenever it changes.
  StationIndex(const Territory& territory, int area_no)
      : territory_(&territory), range_(territory.StationsWithin(territory.PositionOf(area_no))) {}

  // Returns 0 for a station that lies elsewhere.
  std::int32_t Get(int station_no) const {
    const std::int32_t rank = territory_->PlaceOf(station_no).rank;
    if (rank < range_.first || rank >= range_.end) return 0;
    const std::size_t place = Index(rank - range_.first);
    const std::size_t page = place / kPageStations;
    if (page >= pages_.size() || pages_[page] == nullptr) return 0;
    return (*pages_[page])[place % kPageStations];
  }

  // REQUIRES: the station lies in the area or below it.
  void Set(int station_no, std::int32_t value) {
    const std::size_t place = Index(territory_->PlaceOf(station_no).rank - range_.first);
    const std::size_t page = place / kPageStations;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>();
    (*pages_[page])[place % kPageStations] = value;
  }

 private:
  static constexpr std::size_t kPageStations = 256;  // 1 KiB
  using Page = std::array<std::int32_t, kPageStations>;
  const Territory* territory_;
  Territory::StationRange range_;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_INDEX_H_
