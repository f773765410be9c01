#ifndef CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_
#define CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "services/canvass/stack.h"
#include "tests/support/command.h"

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

  Stack& operator*() { return *stack_; }
  Stack* operator->() { return stack_.get(); }
  const Stack* operator->() const { return stack_.get(); }

  // `canvass WORDS...` against it.
  CommandOutcome Canvass(const std::vector<std::string>& words,
                         const std::string& input = "") const;
  // A method of canvass.publisher.v1.PublisherService; the same of the reporter's and the
  // aggregator's services.
  CommandOutcome Publisher(const std::string& method, const std::string& json) const;
  CommandOutcome Reporter(const std::string& method, const std::string& json) const;
  CommandOutcome Aggregator(const std::string& method, const std::string& json) const;
  CommandOutcome Election(const std::string& method, const std::string& json) const;
  // GetNationalResult, once the publisher shows all of the election's ledger.
  CommandOutcome NationalResult(const std::string& election_id) const;

  // Kills the aggregator with SIGKILL; RestartAggregator returns once another one is healthy.
  void KillAggregator();
  void RestartAggregator();
  // Stops the PostgreSQL server at once, as a crash would, and returns when it is gone;
  // RestartPostgres starts it again.
  void CrashPostgres();
  void RestartPostgres();

 private:
  std::string folder_;
  bool own_folder_ = false;
  std::unique_ptr<Stack> stack_;
  pid_t killed_ = 0;  // the aggregator before
};

// A new empty folder that the user of a PostgreSQL server can reach too.
std::string NewFolder();

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_RUNNING_STACK_H_
