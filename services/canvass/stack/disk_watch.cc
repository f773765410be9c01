#include "services/canvass/stack/disk_watch.h"

#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/postgres/data_folder.h"

namespace canvass::cli {
namespace {

// PostgreSQL keeps up to 4 GiB of write-ahead log; below this, a large night may not fit.
constexpr std::uintmax_t kLowBytes = std::uintmax_t{1} << 30U;

// A level is left only when there is a quarter more than what begins it, so that a value which
// wavers there is told once.
std::uintmax_t EndOf(std::uintmax_t limit) { return limit + limit / 4; }

}  // namespace

DiskWatch::Level DiskWatch::LevelOf(std::uintmax_t free_bytes) const {
  const bool was_full = level_ == Level::kFull;
  const bool was_low = level_ != Level::kEnough;
  if (free_bytes < (was_full ? EndOf(postgres::kFreeBytesMin) : postgres::kFreeBytesMin)) {
    return Level::kFull;
  }
  return free_bytes < (was_low ? EndOf(kLowBytes) : kLowBytes) ? Level::kLow : Level::kEnough;
}

std::string DiskWatch::Look(std::uintmax_t free_bytes) {
  const Level before = std::exchange(level_, LevelOf(free_bytes));
  if (level_ == before) return "";
  const std::string free = StrCat(free_bytes >> 20U, " MiB");
  if (level_ == Level::kFull) {
    return StrCat("The disk of ", folder_, " is full: ", free,
                  " are free. New reports are not recorded, and perhaps not even queued; results "
                  "are still shown. Make room there, and Canvass goes on by itself.");
  }
  if (level_ == Level::kLow && before == Level::kEnough) {
    return StrCat("Only ", free, " are free on the disk of ", folder_,
                  ". Make room there: when it is full, no report can be recorded.");
  }
  return StrCat(free, " are free again on the disk of ", folder_, ".");
}

}  // namespace canvass::cli
