#ifndef CANVASS_SERVICES_STATION_REPORTER_LINK_WAITING_REPORTS_H_
#define CANVASS_SERVICES_STATION_REPORTER_LINK_WAITING_REPORTS_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace canvass::station_reporter {

// Reports that were added together, and where their receipts go.
template <typename Report, typename Submitter>
struct AddedReports {
  struct Item {
    Report report{};
    std::size_t bytes = 0;      // in a message
    std::size_t held = 0;       // of memory while it waits, if that is more
    std::uint64_t station = 0;  // reports with the same number are never in flight together
    bool taken = false;

    std::size_t HeldBytes() const { return std::max(bytes, held); }
  };

  std::vector<Item> items{};
  std::shared_ptr<Submitter> submitter{};
  std::uint64_t caller = 0;
  bool patient = false;  // see ReportQueue::AddOptions
  absl::Duration added_at{};
  std::uint64_t number = 0;  // order of arrival
  std::size_t taken = 0;     // items
};

// Reports that wait to be sent. Callers take turns, so one that adds much delays the others by no
// more than its share. The reports of a station are sent one at a time, in the order in which they
// were added: the next one only after the one before is answered. The aggregator answers messages
// in order, and records the reports of a station one after the other, so a message with many of
// them would delay every message behind it. Not thread-safe.
template <typename Report, typename Submitter>
class WaitingReports {
 public:
  using Added = AddedReports<Report, Submitter>;
  using AddedPtr = std::shared_ptr<Added>;
  // Consecutive reports that were added together.
  struct Slice {
    AddedPtr added{};
    std::size_t first = 0;
    std::size_t count = 0;
    bool expired = false;  // given back, although a message with them is in flight
  };

  std::size_t reports() const { return reports_; }
  std::size_t bytes() const { return bytes_; }  // of memory
  // The same of one caller.
  std::size_t ReportsOf(std::uint64_t caller) const { return UseOf(caller).reports; }
  std::size_t BytesOf(std::uint64_t caller) const { return UseOf(caller).bytes; }

  void Add(AddedPtr added) {
    Caller& caller = callers_[added->caller];
    for (const auto& item : added->items) Count(caller, item, +1);
    added->number = ++last_number_;
    added_.emplace(added->number, added);
    caller.unseen.push_back({added, 0});
    TakeTurn(added->caller, caller);
  }

  // Calls `take` with reports that may be sent now, in turn, until it returns false for one that
  // must wait, or none is left. The station of a report that was taken is busy until Free.
  template <typename Take>
  void Offer(Take take) {
    while (!turns_.empty()) {
      const std::uint64_t number = turns_.front();
      Caller& caller = callers_[number];
      const bool more = OfferOf(caller, take);
      turns_.pop_front();
      caller.has_turn = false;
      if (caller.HasOffers()) TakeTurn(number, caller);
      if (caller.use.reports == 0) callers_.erase(number);
      if (!more) return;
    }
  }

  // The report of this station is answered.
  void Free(std::uint64_t station) {
    const auto busy = busy_.find(station);
    assert(busy != busy_.end());
    if (busy->second.empty()) {
      busy_.erase(busy);
      return;
    }
    Place next = std::move(busy->second.front());
    busy->second.pop_front();
    Caller& caller = callers_[next.added->caller];
    const std::uint64_t number = next.added->caller;
    caller.ready.push_back(std::move(next));
    TakeTurn(number, caller);
  }

  // Removes all reports that are not patient, if the oldest of them was added before `before`.
  // Returns them in the order in which they were added.
  std::vector<Slice> RemoveExpired(absl::Duration before) {
    const auto oldest = std::find_if(added_.begin(), added_.end(), [](const auto& numbered) {
      return !numbered.second->patient;
    });
    if (oldest == added_.end() || oldest->second->added_at >= before) return {};
    std::vector<Slice> removed;
    for (auto next = added_.begin(); next != added_.end();) {
      if (next->second->patient) {
        ++next;
      } else {
        Remove(next->second, removed);
        next = added_.erase(next);
      }
    }
    Forget();
    return removed;
  }

  // Removes everything, and frees all stations.
  std::vector<Slice> RemoveAll() {
    std::vector<Slice> removed;
    for (const auto& [number, added] : added_) Remove(added, removed);
    *this = WaitingReports();
    return removed;
  }

 private:
  // Reports that a caller offers before the next one has its turn.
  static constexpr int kReportsPerTurn = 64;

  struct Place {
    AddedPtr added{};
    std::size_t index = 0;

    typename Added::Item& item() const { return added->items[index]; }
  };
  struct Use {
    std::size_t reports = 0;
    std::size_t bytes = 0;
  };
  struct Caller {
    std::deque<Place> ready{};   // whose station is kept for them
    std::deque<Place> unseen{};  // first report of each that was not offered yet
    Use use{};
    bool has_turn = false;

    bool HasOffers() const { return !ready.empty() || !unseen.empty(); }
  };

  Use UseOf(std::uint64_t caller) const {
    const auto found = callers_.find(caller);
    return found == callers_.end() ? Use() : found->second.use;
  }

  void Count(Caller& caller, const typename Added::Item& item, int sign) {
    const auto change = [sign](std::size_t& sum, std::size_t part) {
      sum = sign > 0 ? sum + part : sum - part;
    };
    change(reports_, 1);
    change(bytes_, item.HeldBytes());
    change(caller.use.reports, 1);
    change(caller.use.bytes, item.HeldBytes());
  }

  void TakeTurn(std::uint64_t number, Caller& caller) {
    if (std::exchange(caller.has_turn, true)) return;
    turns_.push_back(number);
  }

  // Returns false once `take` does.
  template <typename Take>
  bool OfferOf(Caller& caller, Take& take) {
    for (int offered = 0; offered < kReportsPerTurn && caller.HasOffers(); ++offered) {
      if (!caller.ready.empty()) {
        if (!Send(caller, caller.ready.front(), take)) return false;
        caller.ready.pop_front();
        continue;
      }
      Place& next = caller.unseen.front();
      const auto [busy, is_free] = busy_.try_emplace(next.item().station);
      if (!is_free) {
        busy->second.push_back(next);
      } else if (!Send(caller, next, take)) {
        busy_.erase(busy);
        return false;
      }
      if (++next.index == next.added->items.size()) caller.unseen.pop_front();
    }
    return true;
  }

  template <typename Take>
  bool Send(Caller& caller, const Place& place, Take& take) {
    if (!take(place.added, place.index)) return false;
    Count(caller, place.item(), -1);
    place.item().taken = true;
    if (++place.added->taken == place.added->items.size()) {
      added_.erase(place.added->number);
    }
    return true;
  }

  void Remove(const AddedPtr& added, std::vector<Slice>& removed) {
    Caller& caller = callers_[added->caller];
    bool joins = false;
    for (std::size_t i = 0; i < added->items.size(); ++i) {
      if (std::exchange(added->items[i].taken, true)) {
        joins = false;
        continue;
      }
      Count(caller, added->items[i], -1);
      if (joins) {
        ++removed.back().count;
      } else {
        removed.push_back({.added = added, .first = i, .count = 1});
      }
      joins = true;
    }
  }

  // Forgets the places of reports that were removed.
  void Forget() {
    const auto is_removed = [](const Place& place) { return place.item().taken; };
    std::vector<std::uint64_t> kept;  // stations that were kept for a removed report
    for (auto& [station, places] : busy_) places.remove_if(is_removed);
    for (auto& [number, caller] : callers_) {
      std::erase_if(caller.unseen, is_removed);
      for (const Place& place : caller.ready) {
        if (is_removed(place)) kept.push_back(place.item().station);
      }
      std::erase_if(caller.ready, is_removed);
    }
    for (const std::uint64_t station : kept) Free(station);
    absl::erase_if(callers_, [](const auto& numbered) {
      return numbered.second.use.reports == 0 && !numbered.second.has_turn;
    });
  }

  std::map<std::uint64_t, AddedPtr> added_;             // with reports that wait, by number
  absl::flat_hash_map<std::uint64_t, Caller> callers_;  // with reports that wait
  std::deque<std::uint64_t> turns_;                     // callers that have something to offer
  // Stations with a report that is in flight or ready, and the reports that wait for it.
  absl::flat_hash_map<std::uint64_t, std::list<Place>> busy_;
  std::size_t reports_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_SERVICES_STATION_REPORTER_LINK_WAITING_REPORTS_H_
