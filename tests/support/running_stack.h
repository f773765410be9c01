#ifndef CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_
#define CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/canvass/stack/stack.h"
#include "tests/support/program_run.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {

// The real services over a PostgreSQL of their own, on free ports, in a folder that goes with it.
// The test fails if it does not come up.
class RunningStack {
 public:
  RunningStack();
  // Without the folder: the caller keeps it.
  explicit RunningStack(const std::string& data_folder, bool standby = false);
  ~RunningStack();
  RunningStack(const RunningStack&) = delete;
  RunningStack& operator=(const RunningStack&) = delete;

  cli::Stack& operator*() { return *stack_; }
  cli::Stack* operator->() { return stack_.get(); }
  const cli::Stack* operator->() const { return stack_.get(); }

  // `canvass WORDS...` against it.
  ProgramOutcome Canvass(const std::vector<std::string>& words,
                         const std::string& input = "") const;
  // A method of canvass.publisher.v1.PublisherService; the same of the reporter's and the
  // aggregator's services.
  ProgramOutcome Publisher(const std::string& method, const std::string& json) const;
  ProgramOutcome Reporter(const std::string& method, const std::string& json) const;
  ProgramOutcome Aggregator(const std::string& method, const std::string& json) const;
  ProgramOutcome Election(const std::string& method, const std::string& json) const;
  // GetNationalResult, once the publisher shows all of the election's ledger.
  ProgramOutcome NationalResult(const std::string& election_id) const;

  // Kills the aggregator with SIGKILL; RestartAggregator returns once another one is healthy.
  void KillAggregator();
  void RestartAggregator();
  // Stops the PostgreSQL server at once, as a crash would, and returns when it is gone;
  // RestartPostgres starts it again.
  void CrashPostgres();
  void RestartPostgres();

 private:
  void Start(bool standby);

  std::optional<TemporaryFolder> own_folder_;
  std::string folder_;
  std::unique_ptr<cli::Stack> stack_;
  pid_t killed_ = 0;  // the aggregator before
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_
