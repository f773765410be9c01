#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_RECENT_TRACES_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_RECENT_TRACES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace canvass::aggregator {

// Which trace brought an entry, for the newest entries that came with one. It is for logs alone and
// no part of the ledger. Not thread-safe; const access may be shared.
class RecentTraces {
 public:
  // More than are committed while a watcher of the ledger catches up with the leader.
  static constexpr std::size_t kKeptMax = 10'000;

  void Add(std::string election_id, std::int64_t sequence, std::string trace_id);
  // Empty if none is known.
  std::string Find(const std::string& election_id, std::int64_t sequence) const;
  bool empty() const { return traces_.empty(); }

 private:
  using Key = std::pair<std::string, std::int64_t>;

  std::map<Key, std::string> traces_;
  std::deque<Key> order_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_RECENT_TRACES_H_
