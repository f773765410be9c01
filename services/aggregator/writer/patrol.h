#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_PATROL_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_PATROL_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/writer_options.h"

namespace canvass::aggregator {

// Compares again and again all that the store holds with the committed ledgers, to find what
// somebody changes in its tables, whether this aggregator leads or not. It works for a part of the
// time, so that it takes little from the writer: for a fiftieth, but for half of the time in the
// first round, because nobody knows what happened before the start, and while something is found,
// because nothing is recorded then. Thread-safe.
class Patrol {
 public:
  // `store` and `committed` must outlive this. Nobody else may call store.Audit.
  Patrol(LedgerStore& store, const CommittedLedgers& committed, const WriterOptions& options);

  // Called when the committed ledgers have caught up; does nothing once it has succeeded. Compares
  // a short ledger at once (WriterOptions::compared_first_max), and then lets Run begin. Returns
  // why it could not be compared.
  absl::Status Begin();
  // Returns DATA_LOSS ROW_DIFFERS if the last round found that the store holds something else or
  // does not let it be compared, and otherwise OK.
  absl::Status Finding() const;

  // Compares everything once, and calls `rest` as AuditVisitor says. A round that cannot end,
  // because the store cannot be reached or `rest` returns an error, finds nothing new. What was
  // found in another ledger is forgotten. Returns why the round could not end. REQUIRES: Run is not
  // in progress.
  absl::Status Round(const std::function<absl::Status()>& rest);
  // Goes round after round, from Begin until Stop.
  void Run();
  // Ends what is in progress, and all that would follow.
  void Stop();

 private:
  void Note(const absl::Status& finding, bool compared);
  void Warn(const absl::Status& failure);
  bool AwaitBegin();
  // Blocks for `duration`. Returns CANCELLED as soon as Stop is called.
  absl::Status Rest(absl::Duration duration);
  // Whether the last round has found nothing.
  bool IsCompared() const;

  LedgerStore& store_;
  const CommittedLedgers& committed_;
  const WriterOptions options_;
  // Of the last round that could not end; used by who goes round.
  absl::Status told_;
  absl::Duration told_at_;

  mutable Mutex mutex_;
  CondVar changed_;
  absl::Status finding_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool compared_ ABSL_GUARDED_BY(mutex_) = false;  // the last round that ended found nothing
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_PATROL_H_
