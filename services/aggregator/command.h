#ifndef CANVASS_SERVICES_AGGREGATOR_COMMAND_H_
#define CANVASS_SERVICES_AGGREGATOR_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"
#include "services/aggregator/ledger_book.h"
#include "services/aggregator/submission.h"

namespace canvass::aggregator {

// An operator's decision about one election.
struct DecisionRequest {
  std::string election_id{};
  std::string actor{};
  // Whether it may be recorded, and as what. Called by the writer's thread; again where the commit
  // was in doubt.
  std::function<absl::StatusOr<election::Decision>(const BookedLedger&)> check{};
};

struct DecisionOutcome {
  std::int64_t sequence = 0;  // of its entry, or of the one that says the same
};

struct DefinitionRequest {
  std::string election_id{};
  std::string actor{};
  election::DefinitionChange change{};
  bool validate_only = false;
};

struct DefinitionOutcome {
  std::int64_t sequence = 0;  // last one of the election afterwards
  std::size_t stations = 0;   // that the election has then
  std::size_t areas = 0;
  std::size_t parts_changed = 0;
};

using ReceiptsCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<Receipt>>)>;
using DecisionCallback = absl::AnyInvocable<void(absl::StatusOr<DecisionOutcome>)>;
using DefinitionCallback = absl::AnyInvocable<void(absl::StatusOr<DefinitionOutcome>)>;

// Reports that came together, and how far they have got.
struct Submission {
  std::vector<SubmittedReport> reports;
  ReceiptsCallback done;
  std::vector<Receipt> receipts{};  // of the first reports, which are committed
  std::size_t gathered = 0;         // the first reports, which are committed or about to be
  std::deque<Receipt> in_doubt{};   // of the next ones, as a commit in doubt would have it

  void AddReceipt(Receipt receipt);
};

struct PendingDecision {
  DecisionRequest request;
  DecisionCallback done;
};

struct PendingDefinition {
  DefinitionRequest request;
  DefinitionCallback done;
  std::size_t in_doubt_parts = 0;  // that a commit in doubt would have changed
};

// What the writer is asked to do, answered exactly once.
struct Command {
  std::variant<Submission, PendingDecision, PendingDefinition> what;
  std::size_t weight = 1;                          // in reports
  std::size_t bytes = 0;                           // about
  std::optional<absl::Duration> in_doubt_until{};  // by the steady clock; unless untouched

  // Answers it with an error.
  void Fail(const absl::Status& status);
};

using CommandPtr = std::unique_ptr<Command>;

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_COMMAND_H_
