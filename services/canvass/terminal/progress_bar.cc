#include "services/canvass/terminal/progress_bar.h"

#include <cassert>
#include <ostream>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "services/canvass/terminal/terminal_stream.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

constexpr std::int64_t kBarWidth = 30;

std::string CountText(std::int64_t done, std::int64_t total, std::string_view what) {
  return fmt::format("{:3} %  {} of {} {}", total == 0 ? 100 : done * 100 / total,
                     GroupThousands(std::to_string(done)), GroupThousands(std::to_string(total)),
                     what);
}

}  // namespace

std::string RenderBar(std::int64_t done, std::int64_t total, std::string_view what) {
  assert(done <= total);
  const std::int64_t filled = total == 0 ? kBarWidth : done * kBarWidth / total;
  return fmt::format("[{:#<{}}{: <{}}] {}", "", filled, "", kBarWidth - filled,
                     CountText(done, total, what));
}

ProgressBar::ProgressBar(Console& console, std::int64_t total, std::string what)
    : console_(console), total_(total), what_(std::move(what)) {}

ProgressBar::~ProgressBar() {
  if (!console_.messages_is_terminal || total_ == 0) return;
  Draw();
  console_.messages << '\n';
  console_.messages.flush();
}

void ProgressBar::Advance(std::int64_t by) {
  done_ += by;
  if (console_.messages_is_terminal) {
    const absl::Time now = absl::Now();
    if (now - drawn_at_ < kRedrawEvery) return;
    drawn_at_ = now;
    Draw();
    return;
  }
  const std::int64_t lines = done_ * kLinesInAll / total_;
  if (lines == lines_shown_) return;
  lines_shown_ = lines;
  console_.messages << CountText(done_, total_, what_) << '\n' << std::flush;
}

void ProgressBar::Say(std::string_view line) {
  if (console_.messages_is_terminal) console_.messages << kToLineStart;
  console_.messages << line << '\n' << std::flush;
}

void ProgressBar::Draw() {
  std::string bar = RenderBar(done_, total_, what_);
  // A bar that fills the last column may wrap, and then each one would stay on the screen.
  const int columns = console_.window().columns;
  if (columns > 0) bar = CutRight(bar, columns - 1);
  console_.messages << kToLineStart << bar;
  console_.messages.flush();
}

}  // namespace canvass::cli
