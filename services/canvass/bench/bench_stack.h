#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/canvass/bench/bench_election.h"
#include "services/canvass/bench/bench_options.h"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/process_use.h"
#include "services/canvass/command.h"
#include "services/canvass/stack.h"

namespace canvass::bench {

// What every process used up to a moment, by name.
using ProcessUses = std::vector<std::pair<std::string, ProcessUse>>;

// Adds what each process used between two moments.
void AddUses(BenchReport& report, const ProcessUses& before, const ProcessUses& after,
             std::size_t items);

// The services that are measured: a stack of our own in a temporary folder, which goes away with
// this object, or the ones that run at the session's addresses. Not thread-safe.
class BenchStack {
 public:
  static absl::StatusOr<std::unique_ptr<BenchStack>> Start(const BenchOptions& options,
                                                           const Session& session);
  ~BenchStack();
  BenchStack(const BenchStack&) = delete;
  BenchStack& operator=(const BenchStack&) = delete;

  // With the addresses of these services.
  const CommonOptions& services() const { return services_; }
  // Null for services that ran before.
  Stack* own() { return stack_.get(); }
  // Of the schema's owner; empty if it is not known.
  const std::string& database() const { return database_; }
  const std::string& folder() const { return folder_; }
  // Of ours; only our own process for services that ran before.
  ProcessUses Uses() const;

  // Defines the election and waits until the publisher shows it. Its last sequence: each report
  // has the next one.
  absl::StatusOr<std::int64_t> Define(const BenchElection& election) const;
  // Waits until the publisher shows `sequence`. INTERNAL where the national result has not so many
  // `votes` then.
  absl::Status CheckShown(const std::string& election_id, std::int64_t sequence,
                          std::int64_t votes) const;

 private:
  explicit BenchStack(const Session& session) : services_(session.options) {}
  absl::Status StartOwn(const BenchOptions& options);

  CommonOptions services_;
  std::string database_;
  std::string folder_;  // ours; empty for none
  std::unique_ptr<Stack> stack_;
};

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_STACK_H_
