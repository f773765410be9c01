#include "tests/edge/bystander.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "services/canvass/bench/process_use.h"

namespace canvass::edge {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(20);
constexpr absl::Duration kTimeout = absl::Seconds(30);

std::int64_t MemoryOf(pid_t pid) { return cli::bench::UseOf(pid).memory_bytes; }

}  // namespace

Bystander::Bystander(const std::string& address, pid_t pid)
    : pid_(pid), stub_(grpc::health::v1::Health::NewStub(rpc::NewChannel(address))) {
  seen_.memory_before = seen_.memory_most = seen_.memory_now = MemoryOf(pid);
  asking_ = std::thread([this] { Ask(); });
  weighing_ = std::thread([this] { Weigh(); });
}

Bystander::~Bystander() {
  stop_ = true;
  asking_.join();
  weighing_.join();
}

void Bystander::Ask() {
  while (!stop_) {
    {
      const MutexLock lock(mutex_);
      asked_at_ = SteadyNow();
    }
    grpc::ClientContext context;
    rpc::SetDeadline(context, kTimeout);
    grpc::health::v1::HealthCheckResponse response;
    const bool answered = stub_->Check(&context, {}, &response).ok();
    {
      const MutexLock lock(mutex_);
      ++(answered ? seen_.answers : seen_.failures);
      seen_.longest = std::max(seen_.longest, SteadyNow() - asked_at_);
      asked_at_ = absl::InfiniteDuration();
    }
    absl::SleepFor(kInterval);
  }
}

void Bystander::Weigh() {
  while (!stop_) {
    const std::int64_t memory = MemoryOf(pid_);
    {
      const MutexLock lock(mutex_);
      seen_.memory_now = memory;
      seen_.memory_most = std::max(seen_.memory_most, memory);
    }
    absl::SleepFor(kInterval);
  }
}

Bystander::Seen Bystander::seen() const {
  const MutexLock lock(mutex_);
  Seen seen = seen_;
  seen.longest = std::max(seen.longest, SteadyNow() - asked_at_);
  return seen;
}

std::string Bystander::Seen::ToString() const {
  constexpr std::int64_t kMebibyte = 1 << 20;
  return absl::StrFormat("%d checks, %d failed, longest %d ms; memory %d, most %d, now %d MiB",
                         answers + failures, failures, absl::ToInt64Milliseconds(longest),
                         memory_before / kMebibyte, memory_most / kMebibyte,
                         memory_now / kMebibyte);
}

}  // namespace canvass::edge
