#ifndef CANVASS_SERVICES_PUBLISHER_CALLS_AREA_SNAPSHOTS_H_
#define CANVASS_SERVICES_PUBLISHER_CALLS_AREA_SNAPSHOTS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "canvass/v1/result.pb.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "services/publisher/board/result_history.h"

namespace canvass::publisher {

// Figures of one area.
struct AreaFigures {
  int area_no = 0;
  Figures figures{};
};

// The areas of one list call, as of its first page.
struct AreaSnapshot {
  std::string election_id{};
  std::uint64_t filter = 0;  // see rpc::PageRequest::Read
  canvass::v1::AsOf as_of{};
  int contest_no = 0;
  int source_no = 0;
  std::vector<AreaFigures> areas{};
};

// Keeps snapshots from which further pages are answered. Thread-safe.
class AreaSnapshots {
 public:
  // How long after its first page a list can be continued.
  static constexpr absl::Duration kLifetime = absl::Seconds(60);
  // Areas in all snapshots together, at up to 500 bytes each. Beyond this limit the oldest
  // snapshots are dropped early. Enough for 40 readers who page through 5 000 areas at different
  // sequences; readers at the same sequence share a snapshot.
  static constexpr std::size_t kAreasMax = 200'000;

  // `clock` must outlive this.
  explicit AreaSnapshots(const Clock& clock) : clock_(clock) {}

  // Keeps a snapshot for further pages, unless the same one is already kept with more than half of
  // kLifetime left.
  void Keep(AreaSnapshot snapshot);
  // Returns null if the snapshot was never kept or has been dropped.
  std::shared_ptr<const AreaSnapshot> Find(std::string_view election_id, std::uint64_t filter,
                                           std::int64_t sequence);

 private:
  struct Kept {
    absl::Time until;
    std::shared_ptr<const AreaSnapshot> snapshot;
  };

  void DropExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Kept* FindKept(std::string_view election_id, std::uint64_t filter, std::int64_t sequence)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::list<Kept> kept_ ABSL_GUARDED_BY(mutex_);  // oldest first
  std::size_t areas_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_CALLS_AREA_SNAPSHOTS_H_
