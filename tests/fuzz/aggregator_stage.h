#ifndef CANVASS_TESTS_FUZZ_AGGREGATOR_STAGE_H_
#define CANVASS_TESTS_FUZZ_AGGREGATOR_STAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "common/base/clock.h"
#include "common/ledger/election_ledger.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/writer/clock_guard.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/group_commit.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/write_request.h"
#include "services/aggregator/writer/writer_options.h"
#include "tests/fuzz/session.h"
#include "tests/support/inline_appender.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_ledger_store.h"

namespace canvass::fuzz {

// An aggregator without a port and without threads, over a ledger in memory. It takes a request as
// the bytes that came over the wire, through the code behind its services, and requires of each
// answer what a caller may expect of it.
class AggregatorStage {
 public:
  // Kinds of steps; one for each method. A step's kind divided by kKinds is the number of the
  // operator who decides.
  enum Kind : std::uint8_t {
    kRecordReports,
    kDefineElection,
    kPublishPollFigures,
    kReleaseReport,
    kAnnulReport,
    kReinstateReport,
    kCertifyResult,
    kReopenContest,
    kWithdrawSeal,
    kGetReceipt,
    kListLedgerEntries,
    kListRefusedReports,
    kListHeldReports,
    kGetElection,
    kListElections,
    kWatchLedger,
    kPassTime,  // the first byte: how often ten minutes
    kKinds,
  };
  // The types of their requests, in this order.
  static std::vector<const google::protobuf::Message*> Requests();

  AggregatorStage();

  // What a stage has committed, and its time.
  struct Content {
    aggregator::Transaction committed{};
    absl::Duration passed{};
  };
  Content content();
  // A stage with this content, sooner than by the same steps.
  explicit AggregatorStage(const Content& content);

  void Take(const Step& step);
  // Entries of all elections; never goes back.
  std::int64_t entries() const;
  // Transactions that were committed; also those that hold refusals alone.
  int commits() const { return database_.commits(); }
  // Requires of every election that a fold of its bytes gives what is committed, and that the count
  // equals the oracle's.
  void RequireConsistent() const;
  // Everything that a publisher is sent from the beginning.
  std::vector<aggregator::v1::WatchLedgerResponse> Watched() const;
  // The entries of an election.
  std::vector<std::string> EntriesOf(const std::string& election_id) const;

 private:
  // Runs with the clock that tests move.
  class StageSteadyClock final : public SteadyClock {
   public:
    explicit StageSteadyClock(const Clock& clock) : clock_(clock) {}
    absl::Duration Now() const override { return clock_.Now() - absl::UnixEpoch(); }

   private:
    const Clock& clock_;
  };

  // Entries that somebody asked for: all but openings. Just after an embargo reports are still
  // sealed, and their seals are opened at once.
  std::int64_t decided() const;
  void RecordReports(const std::string& bytes);
  void DefineElection(const std::string& bytes);
  template <typename Request>
  void Decide(const Step& step);
  void RequireCertified(const aggregator::v1::CertifyResultRequest& request);
  template <typename Request, typename Response, typename Read>
  void Answer(const std::string& bytes, Read read);
  void WatchLedger(const std::string& bytes);
  void PassTime(const std::string& bytes);

  std::vector<aggregator::Receipt> Submit(std::vector<aggregator::SubmittedReport> reports);
  absl::StatusOr<aggregator::DecisionOutcome> Decision(
      const aggregator::ProposedDecision& proposed);
  absl::StatusOr<aggregator::DefinitionOutcome> Define(aggregator::ProposedDefinition proposed);
  void CommitAll();

  testing::ManualClock clock_;
  StageSteadyClock steady_clock_{clock_};
  testing::MemoryDatabase database_;
  testing::MemoryLedgerStore store_{database_};
  testing::InlineAppender appender_{store_};
  aggregator::CommittedLedgers committed_;
  aggregator::WriterOptions options_;
  aggregator::WriteQueue queue_;
  aggregator::ClockGuard clock_guard_{clock_, steady_clock_};
  aggregator::GroupCommit commits_;
};

// Requires that the count of a ledger equals that of testing::ReferenceCount, which shares no code
// with it.
void RequireSameAsReference(const ledger::ElectionLedger& ledger);

}  // namespace canvass::fuzz

#endif  // CANVASS_TESTS_FUZZ_AGGREGATOR_STAGE_H_
