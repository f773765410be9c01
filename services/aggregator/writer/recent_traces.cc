#include "services/aggregator/writer/recent_traces.h"

#include <string>
#include <utility>

namespace canvass::aggregator {

void RecentTraces::Add(std::string election_id, std::int64_t sequence, std::string trace_id) {
  Key key(std::move(election_id), sequence);
  const bool is_new = traces_.insert_or_assign(key, std::move(trace_id)).second;
  if (is_new) order_.push_back(std::move(key));
  if (order_.size() <= kKeptMax) return;
  traces_.erase(order_.front());
  order_.pop_front();
}

std::string RecentTraces::Find(const std::string& election_id, std::int64_t sequence) const {
  if (traces_.empty()) return "";
  const auto found = traces_.find(Key(election_id, sequence));
  return found == traces_.end() ? "" : found->second;
}

}  // namespace canvass::aggregator
