#ifndef CANVASS_COMMON_ELECTION_STATION_INDEX_H_
#define CANVASS_COMMON_ELECTION_STATION_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/index.h"

namespace canvass::election {

// Maps station numbers to int32 values; a value that is not set is 0. A page is allocated when the
// first of its stations is set, so a local contest needs only a few pages. Pages never move, so no
// report waits for a rehash.
class StationIndex {
 public:
  std::int32_t Get(int station_no) const {
    const std::size_t page = Index(station_no) / kPageStations;
    if (page >= pages_.size() || pages_[page] == nullptr) return 0;
    return (*pages_[page])[Index(station_no) % kPageStations];
  }

  void Set(int station_no, std::int32_t value) {
    const std::size_t page = Index(station_no) / kPageStations;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>();
    (*pages_[page])[Index(station_no) % kPageStations] = value;
  }

  // Calls `visit` for each station with a nonzero value, in order of station number.
  void ForEach(absl::FunctionRef<void(int station_no)> visit) const {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
      if (pages_[page] == nullptr) continue;
      for (std::size_t i = 0; i < kPageStations; ++i) {
        if ((*pages_[page])[i] != 0) visit(static_cast<int>(page * kPageStations + i));
      }
    }
  }

 private:
  static constexpr std::size_t kPageStations = 1024;  // 4 KiB
  using Page = std::array<std::int32_t, kPageStations>;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_INDEX_H_
