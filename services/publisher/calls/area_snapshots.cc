#include "services/publisher/calls/area_snapshots.h"

#include <algorithm>
#include <utility>

namespace canvass::publisher {

void AreaSnapshots::Keep(AreaSnapshot snapshot) {
  const MutexLock lock(mutex_);
  DropExpired();
  const Kept* known = FindKept(snapshot.election_id, snapshot.filter, snapshot.as_of.sequence());
  // An older snapshot may expire before this reader has read all pages.
  if (known != nullptr && known->until - clock_.Now() > kLifetime / 2) return;
  areas_ += snapshot.areas.size();
  kept_.push_back({.until = clock_.Now() + kLifetime,
                   .snapshot = std::make_shared<const AreaSnapshot>(std::move(snapshot))});
  while (areas_ > kAreasMax && kept_.size() > 1) DropOldest();
}

std::shared_ptr<const AreaSnapshot> AreaSnapshots::Find(std::string_view election_id,
                                                        std::uint64_t filter,
                                                        std::int64_t sequence) {
  const MutexLock lock(mutex_);
  DropExpired();
  const Kept* kept = FindKept(election_id, filter, sequence);
  return kept == nullptr ? nullptr : kept->snapshot;
}

void AreaSnapshots::DropExpired() {
  while (!kept_.empty() && kept_.front().until <= clock_.Now()) DropOldest();
}

void AreaSnapshots::DropOldest() {
  areas_ -= kept_.front().snapshot->areas.size();
  kept_.pop_front();
}

AreaSnapshots::Kept* AreaSnapshots::FindKept(std::string_view election_id, std::uint64_t filter,
                                             std::int64_t sequence) {
  // Searches from the newest.
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) {
    return kept.snapshot->filter == filter && kept.snapshot->as_of.sequence() == sequence &&
           kept.snapshot->election_id == election_id;
  });
  return found == kept_.rend() ? nullptr : &*found;
}

}  // namespace canvass::publisher
