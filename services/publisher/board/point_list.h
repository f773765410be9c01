#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_POINT_LIST_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_POINT_LIST_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/publisher/board/figures.h"

namespace canvass::publisher {

// The points of one area, oldest first. Each point but the newest takes what differs from the point
// after it: some 50 bytes with 16 candidates. A point is read by way of all points after it. Not
// thread-safe; const access may be shared.
class PointList {
 public:
  struct Head {
    std::uint32_t moment = 0;  // number of the moment, which grows from point to point
    bool kept = false;         // not thinned out, nor replaced by a later moment
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // How many points are not kept.
  std::size_t thinnable() const { return thinnable_; }

  // REQUIRES, for the next three: !empty().
  Head NewestHead() const;
  Figures NewestFigures() const;
  void ReplaceNewest(const Head& head, const Figures& figures);

  void Append(const Head& head, const Figures& figures);
  // Calls `visit` for one point after another, the newest first, until it returns false. `figures`
  // may be called within `visit`.
  using FiguresFunction = absl::FunctionRef<Figures()>;
  void VisitNewestFirst(
      absl::FunctionRef<bool(const Head& head, FiguresFunction figures)> visit) const;
  // Drops every second one of the oldest `count` points that are not kept.
  void ThinOut(std::size_t count);

 private:
  using Numbers = std::vector<std::int64_t>;

  std::string_view NewestBytes() const {
    return {bytes_.data() + newest_at_, bytes_.size() - newest_at_};
  }
  void AppendNumbers(const Head& head, const Numbers& numbers);
  void DropNewest();
  void VisitNumbers(absl::FunctionRef<bool(const Head& head, const Numbers& numbers)> visit) const;

  // The older points, oldest first, each followed by its size in two bytes; then the newest.
  std::vector<char> bytes_;
  std::uint32_t newest_at_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t thinnable_ = 0;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_POINT_LIST_H_
