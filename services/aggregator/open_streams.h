#ifndef CANVASS_SERVICES_AGGREGATOR_OPEN_STREAMS_H_
#define CANVASS_SERVICES_AGGREGATOR_OPEN_STREAMS_H_

#include <set>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace canvass::aggregator {

// The streams of one kind that are open, so that they can be ended from outside: a stream stays
// with a server that stopped serving until the server ends it. `Stream` has End(const
// absl::Status&), which must not block. Thread-safe.
template <typename Stream>
class OpenStreams {
 public:
  void Add(Stream* stream) {
    const MutexLock lock(mutex_);
    streams_.insert(stream);
  }

  // Afterwards nobody ends the stream any more.
  void Remove(Stream* stream) {
    const MutexLock lock(mutex_);
    streams_.erase(stream);
  }

  void EndAll(const absl::Status& status) {
    const MutexLock lock(mutex_);
    for (Stream* stream : streams_) stream->End(status);
  }

 private:
  Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_OPEN_STREAMS_H_
