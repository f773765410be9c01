#ifndef CANVASS_SERVICES_CANVASS_STACK_DISK_WATCH_H_
#define CANVASS_SERVICES_CANVASS_STACK_DISK_WATCH_H_

#include <cstdint>
#include <string>
#include <utility>

namespace canvass::cli {

// Tells people when the disk of a folder fills up. Not thread-safe.
class DiskWatch {
 public:
  explicit DiskWatch(std::string folder) : folder_(std::move(folder)) {}

  // Takes the space that is free now. Returns a line for people if there has come to be little of
  // it, none, or enough again, otherwise "".
  std::string Look(std::uintmax_t free_bytes);
  // Whether there was too little for PostgreSQL to start when Look was called last.
  bool full() const { return level_ == Level::kFull; }
  const std::string& folder() const { return folder_; }

 private:
  enum class Level : std::uint8_t { kEnough, kLow, kFull };

  Level LevelOf(std::uintmax_t free_bytes) const;

  std::string folder_;
  Level level_ = Level::kEnough;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_STACK_DISK_WATCH_H_
