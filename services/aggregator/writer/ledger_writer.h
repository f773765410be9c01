#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/append_thread.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/patrol.h"
#include "services/aggregator/writer/submitted_report.h"
#include "services/aggregator/writer/uptime_clock.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/write_request.h"
#include "services/aggregator/writer/writer_options.h"
#include "services/aggregator/writer/writer_role.h"

namespace canvass::aggregator {

// The only writer of the ledger. It queues write requests and processes them on its thread. The
// thread takes either one decision or definition, or all queued reports that do not touch the same
// station, contest and source, from each caller in turn. It checks them against the committed
// ledgers, commits them together, folds them in, and answers. A second thread only appends, so the
// next group of reports is checked while the previous one is being appended.
//
// If a commit fails, its outcome is unknown. The thread then takes the lead again, reads what it
// missed, and processes the same requests again. A request that was committed finds its own
// entries. If another aggregator has taken the lead, these requests are answered COMMIT_UNKNOWN.
// Until this writer leads again, all other requests are answered UNAVAILABLE at once. The writer
// starts the same way. While another aggregator leads, the thread keeps the committed ledgers close
// behind the store (see WriterRole). A third thread compares the store with the committed ledgers
// (see Patrol).
//
// Thread-safe. Callbacks run on the writer's thread, or on the caller's before the call returns.
// They must not block. Every request is answered exactly once, at the latest by Stop.
class LedgerWriter {
 public:
  using Options = WriterOptions;
  using LeadCallback = WriterRole::LeadCallback;

  // `store`, `committed` and `clock` must outlive the writer. Until Stop returns, only the writer
  // may use `store` or modify `committed`. `lead_changed` is called on the writer's thread.
  LedgerWriter(LedgerStore& store, CommittedLedgers& committed, const Clock& clock,
               const Options& options, LeadCallback lead_changed);
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  void Start();
  // Rejects further requests, processes and answers those that are queued, and joins the thread.
  // Idempotent.
  void Stop();

  // OK means that this aggregator leads and that the committed ledgers are current. Otherwise the
  // status is the error that callers get.
  absl::Status Lead() const { return queue_.Lead(); }

  // Notes that the store is older than what somebody has seen of its ledger: `behind` is a
  // LEDGER_BEHIND error that says what. The writer keeps the lead, and serves nothing until the
  // process ends. Does not block.
  void NoteBehind(absl::Status behind) { role_.NoteBehind(std::move(behind)); }

  // Whether the queue has room for more of the caller, so that its streams may be read further.
  // Reports are never rejected for lack of room.
  bool HasRoom(const std::string& caller) const { return queue_.HasRoom(caller); }

  // What this writer has done, and what waits for it.
  const WriterFigures& figures() const { return role_.figures(); }
  WriteQueue::Size waiting() const { return queue_.size(); }

  // Returns a new stream of reports of the caller.
  WriteStream NewStream(std::string caller) {
    return {.caller = std::move(caller), .number = ++last_stream_};
  }
  // Records reports. Passes one receipt for each report to `done`, in order, after all of them are
  // durable. The reports may be committed in several transactions, so after any error the first
  // ones may have been recorded. Sending all of them again is harmless.
  //
  // Errors are UNAVAILABLE. With NOT_ACTIVE or LEDGER_UNAVAILABLE, the rest was not recorded. With
  // COMMIT_UNKNOWN, this is not known.
  // Reports of one `stream` are recorded in order as far as it matters; callers and streams take
  // turns.
  void Submit(const WriteStream& stream, std::vector<SubmittedReport> reports,
              ReceiptsCallback done);
  // Records a decision. In addition to UNAVAILABLE as above, returns RESOURCE_EXHAUSTED QUEUE_FULL,
  // the errors of CommittedLedgers::Contents::Get, and those of the check. With NOT_ACTIVE,
  // LEDGER_UNAVAILABLE or QUEUE_FULL, nothing was recorded.
  void Decide(ProposedDecision request, DecisionCallback done);
  // Records a definition or a change of one, like Decide. The check is CheckDefinitionChange.
  void Define(ProposedDefinition request, DefinitionCallback done);

 private:
  void Run();

  UptimeClock steady_clock_;
  std::atomic<std::uint64_t> last_stream_ = WriteStream::kDecisions;
  WriteQueue queue_;
  AppendThread appender_;  // used by role_
  Patrol patrol_;
  WriterRole role_;  // used only by the thread
  std::thread thread_;
  std::thread patrol_thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_LEDGER_WRITER_H_
