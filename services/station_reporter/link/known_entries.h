#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_KNOWN_ENTRIES_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_KNOWN_ENTRIES_H_

#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/process/known_ledgers.h"

namespace canvass::station_reporter {

// The newest entry of each election that a receipt told of, in a file, so that the reporter notices
// an aggregator whose ledger has lost or changed it. A receipt tells the leaf hash of its own entry
// alone, so entries before it may have been changed; publishers notice that. Thread-safe.
class KnownEntries {
 public:
  // An entry is in the file within about this time.
  static constexpr absl::Duration kSaveEvery = absl::Seconds(1);

  explicit KnownEntries(process::KnownLedgers known) : known_(std::move(known)) {}

  // Takes the receipts of one message, as bytes. Looks at no more than the newest entry.
  void Note(const std::vector<std::string_view>& receipts);

  // Asks the aggregator for each known entry and blocks for the answers. Returns DATA_LOSS
  // LEDGER_DIVERGED if it has another one or none, and other errors if it does not answer.
  absl::Status Check(aggregator::v1::AggregatorService::Stub& stub) const;

  // Saves what has changed, unless that was done less than kSaveEvery ago. If it cannot be saved,
  // that is logged, and tried again the next time.
  void SaveIfDue(absl::Duration steady_now);
  // The same without waiting, for the end.
  void Save();

 private:
  mutable Mutex mutex_;
  process::KnownLedgers known_ ABSL_GUARDED_BY(mutex_);
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration next_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_KNOWN_ENTRIES_H_
