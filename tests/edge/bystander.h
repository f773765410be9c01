#ifndef CANVASS_TESTS_EDGE_BYSTANDER_H_
#define CANVASS_TESTS_EDGE_BYSTANDER_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace canvass::edge {

// A client that does nothing but ask a service for its health, on a connection of its own, while
// that is attacked, and looks at the memory of its process. Has threads of its own.
class Bystander {
 public:
  Bystander(const std::string& address, pid_t pid);
  ~Bystander();
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;

  struct Seen {
    int answers = 0;
    int failures = 0;
    absl::Duration longest{};        // that a check took, or takes already
    std::int64_t memory_before = 0;  // resident, in bytes
    std::int64_t memory_most = 0;
    std::int64_t memory_now = 0;

    // One line for people.
    std::string ToString() const;
  };
  Seen seen() const;

 private:
  void Ask();
  void Weigh();

  const pid_t pid_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  std::atomic<bool> stop_ = false;
  mutable Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
  absl::Duration asked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteDuration();
  std::thread asking_;
  std::thread weighing_;
};

}  // namespace canvass::edge

#endif  // CANVASS_TESTS_EDGE_BYSTANDER_H_
