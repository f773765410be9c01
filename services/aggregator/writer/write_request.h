#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_REQUEST_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/receipt.h"
#include "services/aggregator/writer/submitted_report.h"

namespace canvass::aggregator {

// Requests of one stream keep their order. Callers take turns, and the streams of a caller take
// turns in its turns (see Backlog).
struct WriteStream {
  // Number of the decisions and definitions of a caller.
  static constexpr std::uint64_t kDecisions = 0;

  std::string caller{};  // see rpc::CallerOf
  std::uint64_t number = kDecisions;
};

// An operator's decision about one election, not checked yet.
struct ProposedDecision {
  std::string caller{};
  std::string election_id{};
  std::string actor{};
  std::size_t bytes = 0;  // of memory that it holds, approximately
  // Whom the decision is about, as the caller says; empty for the only official source. Absent for
  // a decision about seals, which are public.
  std::optional<std::string> source_id{};
  // Checks whether the decision may be recorded, and returns it. The count is that of the ledger,
  // or, for a source with closed seals, the one with those opened; the sequence is the ledger's
  // last one. Called on the writer's thread, and again after a commit in doubt.
  std::function<absl::StatusOr<election::Decision>(const election::Count&, std::int64_t)> check{};
};

struct DecisionOutcome {
  std::int64_t sequence = 0;  // of its entry, or of an earlier one with the same effect
  bool awaits_second_operator = false;
};

struct ProposedDefinition {
  std::string caller{};
  std::string election_id{};
  std::string actor{};
  election::DefinitionChange change{};
  bool validate_only = false;
};

struct DefinitionOutcome {
  std::int64_t sequence = 0;  // last one of the election after the change
  std::size_t stations = 0;   // of the election after the change
  std::size_t areas = 0;
  std::size_t parts_changed = 0;
};

using ReceiptsCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<Receipt>>)>;
using DecisionCallback = absl::AnyInvocable<void(absl::StatusOr<DecisionOutcome>)>;
using DefinitionCallback = absl::AnyInvocable<void(absl::StatusOr<DefinitionOutcome>)>;

// Reports that were submitted together, and their progress.
struct PendingReports {
  std::vector<SubmittedReport> reports;
  ReceiptsCallback done;
  std::size_t offered = 0;  // first reports, which were answered, joined a group, or wait

  // Receipts of reports whose commit is in doubt, by index, as they are if it happened.
  absl::flat_hash_map<std::size_t, Receipt> in_doubt{};

  bool IsAnswered(std::size_t index) const { return !receipts.empty() && answered[index]; }
  bool IsComplete() const { return answers == reports.size(); }
  // Answers the report at `index`. REQUIRES: !IsAnswered(index).
  void AddReceipt(std::size_t index, Receipt receipt);
  // Keeps the receipt that the report at `index` has if the commit in doubt happened.
  void KeepInDoubt(std::size_t index, Receipt receipt);

  std::vector<Receipt> receipts{};  // of all reports, once one is answered
  std::vector<bool> answered{};
  std::size_t answers = 0;

 private:
  Receipt AsOwn(std::size_t index, Receipt receipt) const;
};

struct PendingDecision {
  ProposedDecision proposed;
  DecisionCallback done;
};

struct PendingDefinition {
  ProposedDefinition proposed;
  DefinitionCallback done;
  std::size_t in_doubt_parts = 0;  // changed, if the commit in doubt happened
};

// A request to the writer, which answers it exactly once.
struct WriteRequest {
  std::variant<PendingReports, PendingDecision, PendingDefinition> what;
  WriteStream stream{};
  std::uint64_t number = 0;                        // order of arrival, set by Backlog
  std::size_t weight = 1;                          // in reports; 1 for a decision or definition
  std::size_t bytes = 0;                           // of memory that it holds, approximately
  std::optional<absl::Duration> in_doubt_until{};  // by the steady clock; absent if not in doubt

  // Answers the request with an error.
  void Fail(const absl::Status& status);
};

using WriteRequestPtr = std::unique_ptr<WriteRequest>;

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_REQUEST_H_
