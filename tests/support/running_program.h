#ifndef CANVASS_TESTS_SUPPORT_RUNNING_PROGRAM_H_
#define CANVASS_TESTS_SUPPORT_RUNNING_PROGRAM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/process/child_process.h"
#include "grpc/health/v1/health.pb.h"

namespace canvass::testing {

// One of our services, on an address that it keeps from one process to the next.
class RunningProgram {
 public:
  using Health = grpc::health::v1::HealthCheckResponse;

  // Starts `name`, e.g. "canvass-aggregator", and waits until it listens; otherwise the test fails.
  RunningProgram(std::string name, std::string address_file, std::vector<std::string> flags);

  // Starts another process, after the end of the one before.
  void Start();
  // Kills the process and waits until it has ended. Only Start may follow.
  void Stop() { process_.reset(); }
  void Signal(int signal) { process_->Signal(signal); }
  bool runs() const { return !process_->WaitForEnd(absl::ZeroDuration()); }
  const std::string& address() const { return address_; }

  // UNKNOWN where it does not answer.
  Health::ServingStatus HealthOf(const std::string& service) const;
  // How long it takes until it says so.
  absl::Duration Await(const std::string& service, Health::ServingStatus health) const;

 private:
  const std::string name_;
  const std::string address_file_;
  const std::vector<std::string> flags_;
  std::string address_;
  std::unique_ptr<process::ChildProcess> process_;
};

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_RUNNING_PROGRAM_H_
