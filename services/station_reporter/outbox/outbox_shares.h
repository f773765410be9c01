#ifndef CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_SHARES_H_
#define CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_SHARES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "services/station_reporter/outbox/outbox_limits.h"
#include "services/station_reporter/outbox/outbox_store.h"

namespace canvass::station_reporter {

// Who uses how much of an outbox, and who may use more. Not thread-safe.
//   caller     as much as it leaves free (IsFairShare). Reports from before the start are nobody's.
//   election   all but the part that is kept for other elections.
//   unknown    elections that the aggregator does not have share a small part. While no election is
//              known, none is unknown.
class OutboxShares {
 public:
  struct Use {
    std::size_t reports = 0;
    std::size_t bytes = 0;
  };

  explicit OutboxShares(const OutboxLimits& limits) : limits_(limits) {}

  // The aggregator has these elections, besides those that are known already.
  void Know(const std::vector<std::string>& election_ids);
  bool Knows(const std::string& election_id) const { return known_.contains(election_id); }

  // Returns RESOURCE_EXHAUSTED OUTBOX_FULL, with the limit and the numbers, if there is no room for
  // the report.
  absl::Status CheckRoom(const QueuedReport& report) const;

  void Add(const QueuedReport& report);
  // REQUIRES: the report was added.
  void Remove(const QueuedReport& report);

  const Use& all() const { return all_; }
  Use OfCaller(std::uint64_t caller) const;

 private:
  bool IsUnknown(const std::string& election_id) const;

  const OutboxLimits limits_;
  Use all_;
  Use unknown_;  // of elections that are not in known_
  absl::flat_hash_map<std::uint64_t, Use> callers_;
  absl::flat_hash_map<std::string, Use> elections_;
  absl::flat_hash_set<std::string> known_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_OUTBOX_OUTBOX_SHARES_H_
