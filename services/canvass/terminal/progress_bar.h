#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_PROGRESS_BAR_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_PROGRESS_BAR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "services/canvass/terminal/console.h"

namespace canvass::cli {

// "[##########          ]  50 %  4 273 of 8 545 reports". REQUIRES: done <= total.
std::string RenderBar(std::int64_t done, std::int64_t total, std::string_view what);

// Shows progress on the console's messages stream: on a terminal a bar that is redrawn, elsewhere
// one line for every tenth of the total. Not thread-safe.
class ProgressBar {
 public:
  // `what` is the plural name of the items, e.g. "reports". `console` must outlive this.
  ProgressBar(Console& console, std::int64_t total, std::string what);
  // Draws the bar a last time and ends its line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Advance(std::int64_t by = 1);
  // Writes a line above the bar.
  void Say(std::string_view line);

 private:
  // More frequent redrawing costs time and shows no more.
  static constexpr absl::Duration kRedrawEvery = absl::Milliseconds(100);
  static constexpr int kLinesInAll = 10;

  void Draw();

  Console& console_;
  const std::int64_t total_;
  const std::string what_;
  std::int64_t done_ = 0;
  std::int64_t lines_shown_ = 0;
  absl::Time drawn_at_ = absl::InfinitePast();
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_PROGRESS_BAR_H_
