#ifndef CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_
#define CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_

#include <cstddef>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "services/aggregator/append_thread.h"
#include "services/aggregator/command.h"
#include "services/aggregator/command_queue.h"
#include "services/aggregator/ledger.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/submission.h"
#include "services/aggregator/writer_options.h"
#include "services/aggregator/writer_role.h"

namespace canvass::aggregator {

// The one writer of the ledger. Commands queue; its thread takes either one decision or all reports
// that wait and do not touch the same station, checks them against what is committed, commits them
// together, folds them into the book, and answers. While one group is appended, by a thread that
// does nothing else, the next one is checked.
//
// When a commit fails it is not known whether it happened. The thread then takes the lead anew,
// reads what it missed, and processes the same commands once more: what was committed finds itself
// recorded. Where another has taken the lead, they are answered COMMIT_UNKNOWN. Meanwhile
// everything else is answered UNAVAILABLE at once. The start is the same path.
// While another aggregator leads, the thread keeps the book close behind the ledger (WriterRole).
//
// Thread-safe. Answers are given by the writer's thread, or before the call returns; they must not
// block. Every command is answered exactly once, at the latest by Stop.
class LedgerWriter {
 public:
  using Options = WriterOptions;
  using LeadCallback = WriterRole::LeadCallback;

  // The writer owns none of them; until Stop, nobody else may use `ledger` or change `book`.
  // `lead_changed` is called by the writer's thread.
  LedgerWriter(Ledger& ledger, LedgerBook& book, const Clock& clock, const Options& options,
               LeadCallback lead_changed);
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  void Start();
  // Accepts nothing more, finishes and answers what is queued, and ends the thread. Idempotent.
  void Stop();

  // OK while this aggregator leads and the book is current; else the error that callers get.
  absl::Status Lead() const { return queue_.Lead(); }

  // Whether so little waits that a stream may be read on: reports that were read are never sent
  // back for want of room.
  bool HasRoom() const { return queue_.HasRoom(); }

  // One receipt for each report, in order, once all of them are durable. `bytes`: what they weigh.
  // Errors: UNAVAILABLE LEDGER_UNAVAILABLE, NOT_ACTIVE (nothing was recorded) or COMMIT_UNKNOWN
  // (some may have been; sending them again is harmless).
  void Submit(std::vector<SubmittedReport> reports, std::size_t bytes, ReceiptsCallback done);
  // Further errors: RESOURCE_EXHAUSTED QUEUE_FULL, NOT_FOUND ELECTION_UNKNOWN, and those of the
  // check.
  void Decide(DecisionRequest request, DecisionCallback done);
  // Further errors: RESOURCE_EXHAUSTED QUEUE_FULL, and those of CheckDefinitionChange.
  void Define(DefinitionRequest request, DefinitionCallback done);

 private:
  void Run();

  SteadyClock steady_clock_;
  CommandQueue queue_;
  AppendThread appender_;  // used by role_
  WriterRole role_;        // of the thread alone
  std::thread thread_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_LEDGER_WRITER_H_
