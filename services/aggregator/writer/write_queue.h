#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_QUEUE_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_QUEUE_H_

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "services/aggregator/writer/write_request.h"
#include "services/aggregator/writer/writer_options.h"

namespace canvass::aggregator {

// Requests that wait for the writer. Bounded, and open only while this aggregator leads.
// Thread-safe.
class WriteQueue {
 public:
  WriteQueue(const WriterOptions& options, const SteadyClock& clock);

  // Queues the request, or answers it at once with the error that rejects it. Decisions and
  // definitions need room (HasRoom). Reports are queued even without, because they have already
  // been read.
  void Accept(WriteRequestPtr request);

  // Whether the queue has room for more of the caller, so that its streams may be read further. A
  // caller may have as much of the limits in the options as it leaves free (IsFairShare).
  bool HasRoom(const std::string& caller) const;

  // OK means that this aggregator leads, and that the store confirmed it recently. Otherwise the
  // status is the error that callers get.
  absl::Status Lead() const;

  // What was accepted and not answered. Reports are counted one by one, and any other request as
  // one; bytes are those of memory.
  struct Size {
    std::size_t reports = 0;
    std::size_t bytes = 0;
  };
  Size size() const;

  // Rejects all further requests.
  void Stop();

  // Only the writer may call the following functions.

  // Opens the queue if `lead` is OK, otherwise closes it. `asked_at` is when the store was asked,
  // by the steady clock.
  void SetLead(const absl::Status& lead, absl::Duration asked_at);
  // Notes that the store confirmed the lead when it was asked at `asked_at`.
  void Confirm(absl::Duration asked_at);
  // Removes and returns all queued requests.
  std::deque<WriteRequestPtr> TakeAll();
  // Number of reports that were accepted and not answered; any other request counts as one.
  std::size_t reports() const;
  // Frees the room of a request that was taken and is answered.
  void Leave(const WriteRequest& request);
  // Blocks until a request is queued, or for `duration`. Returns true when the writer must end:
  // Stop was called, the queue is empty, and the writer has `finished` everything that it took.
  bool Wait(absl::Duration duration, bool finished);

 private:
  using Share = Size;

  absl::Status Enqueue(WriteRequestPtr& request);
  absl::Status Admit(const WriteRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Share ShareOf(const std::string& caller) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFull(const Share& own) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status QueueFull(const Share& own) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WriterOptions options_;
  const SteadyClock& clock_;

  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<WriteRequestPtr> queue_ ABSL_GUARDED_BY(mutex_);
  Share all_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Share> shares_ ABSL_GUARDED_BY(mutex_);  // by caller
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status lead_ ABSL_GUARDED_BY(mutex_);
  absl::Duration confirmed_at_ ABSL_GUARDED_BY(mutex_);
};

// Returns an error that callers may retry after a delay.
absl::Status Unavailable(const Reason& reason, std::string_view message);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_WRITE_QUEUE_H_
