#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_OPEN_STREAMS_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_OPEN_STREAMS_H_

#include <cstddef>
#include <set>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace canvass::aggregator {

// The open streams of one kind, so that they can be ended from outside. A stream stays with a
// server that has stopped serving until the server ends it. `Stream` has End(const absl::Status&),
// which must not block. Thread-safe.
template <typename Stream>
class OpenStreams {
 public:
  void Add(Stream* stream) {
    const MutexLock lock(mutex_);
    streams_.insert(stream);
  }

  // After Remove returns, EndAll does not use the stream.
  void Remove(Stream* stream) {
    const MutexLock lock(mutex_);
    streams_.erase(stream);
  }

  std::size_t size() const {
    const MutexLock lock(mutex_);
    return streams_.size();
  }

  void EndAll(const absl::Status& status) {
    const MutexLock lock(mutex_);
    for (Stream* stream : streams_) stream->End(status);
  }

 private:
  mutable Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_OPEN_STREAMS_H_
