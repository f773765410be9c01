#include "services/aggregator/writer/backlog.h"

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "common/base/rotation.h"

namespace canvass::aggregator {

void Backlog::Add(WriteRequestPtr request) {
  request->number = ++last_number_;
  if (std::holds_alternative<PendingReports>(request->what)) ++report_requests_;
  Caller& caller = callers_[request->stream.caller];
  Stream& stream = caller.streams[request->stream.number];
  stream.requests.emplace(request->number, std::move(request));
}

WriteRequest* Backlog::NextDecision() const {
  for (const auto* const named : RotationAfter(callers_, last_decider_)) {
    if (WriteRequest* const decision = DecisionOf(named->second)) return decision;
  }
  return nullptr;
}

WriteRequest* Backlog::DecisionOf(const Caller& caller) {
  for (const auto& [stream_no, stream] : caller.streams) {
    WriteRequest* const first = stream.requests.begin()->second.get();
    if (!std::holds_alternative<PendingReports>(first->what)) return first;
  }
  return nullptr;
}

void Backlog::Gather(const CommittedLedgers::Contents& committed, const GroupLimits& limits,
                     GatheredGroup& gathered) {
  const Target target{committed, limits, gathered};
  std::list<CallerTurns> turns = TurnsOfAll();
  while (!turns.empty()) {
    for (auto turn = turns.begin(); turn != turns.end();) {
      if (target.IsFull()) return;
      if (OfferTurn(target, *turn)) {
        last_caller_ = *turn->name;
        ++turn;
      } else {
        turn = turns.erase(turn);
      }
    }
  }
}

// A group may be full before everybody had a turn, so the next one begins where it ended.
std::list<Backlog::CallerTurns> Backlog::TurnsOfAll() {
  std::list<CallerTurns> turns;
  for (auto* const named : RotationAfter(callers_, last_caller_)) turns.push_back(TurnsOf(*named));
  return turns;
}

Backlog::CallerTurns Backlog::TurnsOf(std::pair<const std::string, Caller>& named) {
  auto& [name, caller] = named;
  CallerTurns turns{.name = &name, .caller = &caller};
  for (auto* const numbered : RotationAfter(caller.streams, caller.last_stream)) {
    auto& [number, stream] = *numbered;
    Turn& turn = turns.streams.emplace_back(Turn{.number = number, .stream = &stream});
    turn.stations.reserve(stream.waiting.size());
    for (const auto& [station, places] : stream.waiting) turn.stations.push_back(station);
  }
  return turns;
}

// Lets the next stream of the caller offer its reports. Returns false if none of them can.
bool Backlog::OfferTurn(const Target& target, CallerTurns& turns) {
  while (!turns.streams.empty()) {
    Turn turn = std::move(turns.streams.front());
    turns.streams.pop_front();
    const int waiting = OfferWaiting(target, turn);
    const int next = OfferNext(target, *turn.stream, kReportsPerTurn - waiting);
    if (waiting + next == 0) continue;
    turns.caller->last_stream = turn.number;
    turns.streams.push_back(std::move(turn));
    return true;
  }
  return false;
}

// Offers the first reports of each station for which reports wait, up to one that is recorded, once
// for each group. Returns how many were added.
int Backlog::OfferWaiting(const Target& target, Turn& turn) {
  ReportGroup& group = target.gathered.group;
  int added = 0;
  while (turn.next_station < turn.stations.size() && added < kReportsPerTurn) {
    if (target.IsFull()) return added;
    const ReportGroup::Station& station = turn.stations[turn.next_station];
    const auto waiting = turn.stream->waiting.find(station);
    if (waiting == turn.stream->waiting.end() || group.IsTouched(station)) {
      ++turn.next_station;
      continue;
    }
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
  const auto caller = callers_.find(request.stream.caller);
  assert(caller != callers_.end());
  const auto stream = caller->second.streams.find(request.stream.number);
  assert(stream != caller->second.streams.end());
  const auto found = stream->second.requests.find(request.number);
  assert(found != stream->second.requests.end());
  WriteRequestPtr removed = std::move(found->second);
  stream->second.requests.erase(found);
  if (stream->second.requests.empty()) caller->second.streams.erase(stream);
  if (caller->second.streams.empty()) callers_.erase(caller);
  if (std::holds_alternative<PendingReports>(removed->what)) {
    --report_requests_;
  } else {
    last_decider_ = removed->stream.caller;
  }
  return removed;
}

void Backlog::Rewind() {
  for (auto& [name, caller] : callers_) {
    for (auto& [stream_no, stream] : caller.streams) {
      stream.offered_below = 0;
      stream.waiting.clear();
    }
  }
  ForEach([](WriteRequest& request) {
    auto* const pending = std::get_if<PendingReports>(&request.what);
    if (pending != nullptr) pending->offered = 0;
  });
}

}  // namespace canvass::aggregator
