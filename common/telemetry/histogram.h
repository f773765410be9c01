#ifndef CANVASS_COMMON_TELEMETRY_HISTOGRAM_H_
#define CANVASS_COMMON_TELEMETRY_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace canvass::telemetry {

// How many observations were at most so large, and their sum. Thread-safe, and without locks: an
// observation costs two atomic additions.
class Histogram {
 public:
  static constexpr std::size_t kBoundsMax = 16;

  // From a quick commit or call to one for which nobody waits.
  static std::vector<double> SecondsBounds() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  }

  // REQUIRES: `bounds` ascend, and there are at most kBoundsMax.
  explicit Histogram(const std::vector<double>& bounds) : bounds_(bounds) {
    assert(bounds.size() <= kBoundsMax && std::is_sorted(bounds.begin(), bounds.end()));
  }

  void Observe(double value) {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  const std::vector<double>& bounds() const { return bounds_; }
  // Observations above the bound before and at most at bound `i`, or above all of them for the
  // number of bounds.
  std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::array<std::atomic<std::uint64_t>, kBoundsMax + 1> counts_{};
  std::atomic<double> sum_ = 0;
};

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_HISTOGRAM_H_
