#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/process_use.h"
#include "services/canvass/stack/stack.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Resources that each process has used so far, by name.
using ProcessUses = std::vector<std::pair<std::string, ProcessUse>>;

// Adds to `report` the resources that each process used between `before` and `after`.
void AddUses(BenchReport& report, const ProcessUses& before, const ProcessUses& after,
             std::size_t items);

// Services to measure: a new stack in a temporary folder, which is removed with this object, or the
// services that run at the invocation's addresses. Not thread-safe.
class BenchStack {
 public:
  static absl::StatusOr<std::unique_ptr<BenchStack>> Start(const BenchOptions& options,
                                                           const Invocation& invocation);
  ~BenchStack();
  BenchStack(const BenchStack&) = delete;
  BenchStack& operator=(const BenchStack&) = delete;

  // Common options with the addresses of these services.
  const CommonOptions& services() const { return services_; }
  // Null if the services were running before.
  Stack* own() { return stack_.get(); }
  // Connection string of the schema's owner, or empty if it is unknown.
  const std::string& database() const { return database_; }
  const std::string& folder() const { return folder_; }
  // Returns the use of this process and, for a new stack, of the stack's processes.
  ProcessUses Uses() const;

  // Defines the election and waits until the publisher shows it. Returns the last sequence of the
  // definition. Each report takes one further sequence.
  absl::StatusOr<std::int64_t> Define(const BenchElection& election) const;
  // Waits until the publisher shows `sequence`. Returns INTERNAL if the national result then has
  // not exactly `votes` votes.
  absl::Status CheckShown(const std::string& election_id, std::int64_t sequence,
                          std::int64_t votes) const;

 private:
  explicit BenchStack(const Invocation& invocation) : services_(invocation.options) {}
  absl::Status StartOwn(const BenchOptions& options);
  // Has this process call its own stack with TLS.
  absl::Status UseTls();

  CommonOptions services_;
  std::string database_;
  std::string folder_;  // temporary folder; empty for none
  std::unique_ptr<Stack> stack_;
};

// Starts a BenchStack, calls `run` with it and 1, 2, ..., `options.runs`, and prints the report to
// which `run` adds. Returns the first error.
absl::Status MeasureOnOneStack(const BenchOptions& options, const Invocation& invocation,
                               const BenchReport& report,
                               absl::FunctionRef<absl::Status(BenchStack&, int)> run);

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_
