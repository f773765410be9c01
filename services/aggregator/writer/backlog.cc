#include "services/aggregator/writer/backlog.h"

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace canvass::aggregator {

void Backlog::Add(WriteRequestPtr request) {
  request->number = ++last_number_;
  if (std::holds_alternative<PendingReports>(request->what)) ++report_requests_;
  Stream& stream = streams_[request->stream];
  stream.requests.emplace(request->number, std::move(request));
}

WriteRequest* Backlog::NextDecision() const {
  for (const auto& [stream_no, stream] : streams_) {
    WriteRequest* const first = stream.requests.begin()->second.get();
    if (!std::holds_alternative<PendingReports>(first->what)) return first;
  }
  return nullptr;
}

void Backlog::Gather(const CommittedLedgers::Contents& committed, std::size_t reports_max,
                     GatheredGroup& gathered) {
  const Target target{committed, reports_max, gathered};
  std::vector<Turn> turns = Turns();
  bool offered = true;
  while (offered && !target.IsFull()) {
    offered = false;
    for (Turn& turn : turns) {
      const int waiting = OfferWaiting(target, turn);
      const int next = OfferNext(target, *turn.stream, kReportsPerTurn - waiting);
      offered = offered || waiting + next > 0;
    }
  }
}

// The order changes from group to group, because a group may be full before everybody had a turn.
std::vector<Backlog::Turn> Backlog::Turns() {
  std::vector<Turn> turns;
  turns.reserve(streams_.size());
  const auto add = [&turns](Stream& stream) {
    Turn& turn = turns.emplace_back(Turn{.stream = &stream});
    turn.stations.reserve(stream.waiting.size());
    for (const auto& [station, places] : stream.waiting) turn.stations.push_back(station);
  };
  const auto first = streams_.lower_bound(first_stream_);
  for (auto stream = first; stream != streams_.end(); ++stream) add(stream->second);
  for (auto stream = streams_.begin(); stream != first; ++stream) add(stream->second);
  first_stream_ = first == streams_.end() ? 0 : first->first + 1;
  return turns;
}

// Offers the first report of each station for which reports wait, once for each group. Returns how
// many were added.
int Backlog::OfferWaiting(const Target& target, Turn& turn) {
  ReportGroup& group = target.gathered.group;
  int added = 0;
  for (; turn.next_station < turn.stations.size() && added < kReportsPerTurn; ++turn.next_station) {
    if (target.IsFull()) return added;
    const ReportGroup::Station& station = turn.stations[turn.next_station];
    if (group.IsTouched(station)) continue;
    const auto waiting = turn.stream->waiting.find(station);
    const ReportPlace place = waiting->second.front();
    const auto& reports = std::get<PendingReports>(place.request->what).reports;
    group.Add(target.committed, reports[place.index], [](const auto&) { return false; });
    target.gathered.places.push_back(place);
    waiting->second.pop_front();
    if (waiting->second.empty()) turn.stream->waiting.erase(waiting);
    ++added;
  }
  return added;
}

// Offers at most `reports_max` reports that were not offered before. Returns how many.
int Backlog::OfferNext(const Target& target, Stream& stream, int reports_max) {
  int offered = 0;
  auto request = stream.requests.lower_bound(stream.offered_below);
  while (request != stream.requests.end() && offered < reports_max && !target.IsFull()) {
    auto* const pending = std::get_if<PendingReports>(&request->second->what);
    if (pending == nullptr) break;  // a decision, which waits for what came before it
    offered += OfferFrom(target, stream, *request->second, reports_max - offered);
    if (pending->offered == pending->reports.size()) ++request;
  }
  stream.offered_below =
      request == stream.requests.end() ? stream.requests.rbegin()->first + 1 : request->first;
  return offered;
}

int Backlog::OfferFrom(const Target& target, Stream& stream, WriteRequest& request,
                       int reports_max) {
  constexpr std::size_t kPrefetched = 8;
  auto& pending = std::get<PendingReports>(request.what);
  ReportGroup& group = target.gathered.group;
  const auto is_waiting = [&stream](const ReportGroup::Station& station) {
    return stream.waiting.contains(station);
  };
  int offered = 0;
  for (; pending.offered < pending.reports.size(); ++pending.offered) {
    if (offered == reports_max || target.IsFull()) break;
    const ReportPlace place{.request = &request, .index = pending.offered};
    if (pending.IsAnswered(place.index)) continue;
    const std::size_t ahead = place.index + kPrefetched;
    if (ahead < pending.reports.size()) group.Prefetch(target.committed, pending.reports[ahead]);
    const std::optional<ReportGroup::Station> touched =
        group.Add(target.committed, pending.reports[place.index], is_waiting);
    if (touched.has_value()) {
      stream.waiting[*touched].push_back(place);
    } else {
      target.gathered.places.push_back(place);
    }
    ++offered;
  }
  return offered;
}

WriteRequestPtr Backlog::Remove(const WriteRequest& request) {
  const auto stream = streams_.find(request.stream);
  assert(stream != streams_.end());
  const auto found = stream->second.requests.find(request.number);
  assert(found != stream->second.requests.end());
  WriteRequestPtr removed = std::move(found->second);
  stream->second.requests.erase(found);
  if (stream->second.requests.empty()) streams_.erase(stream);
  if (std::holds_alternative<PendingReports>(removed->what)) --report_requests_;
  return removed;
}

void Backlog::Rewind() {
  for (auto& [stream_no, stream] : streams_) {
    stream.offered_below = 0;
    stream.waiting.clear();
    for (auto& [number, request] : stream.requests) {
      auto* const pending = std::get_if<PendingReports>(&request->what);
      if (pending != nullptr) pending->offered = 0;
    }
  }
}

}  // namespace canvass::aggregator
