#include "services/publisher/board/result_history.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "common/base/index.h"
#include "services/publisher/board/figures.h"
#include "services/publisher/board/point_list.h"

namespace canvass::publisher {
namespace {

using election::Entry;

std::int64_t SecondOf(absl::Time time) { return absl::ToUnixSeconds(time); }

// Returns the key of the report that the entry is about, if there is one.
std::optional<election::StationKey> KeyOf(const election::Event& event) {
  return std::visit(
      [](const auto& happened) -> std::optional<election::StationKey> {
        if constexpr (requires { happened.key; }) return happened.key;
        return std::nullopt;
      },
      event);
}

// Whether the entry is a first report, which can only add to totals.
bool OnlyAdds(const election::Event& event) {
  const auto* report = std::get_if<election::ReportRecorded>(&event);
  return report != nullptr && report->revision == 1;
}

// Calls `visit` for each area of the contest that the station lies in.
template <typename Visit>
void ForEachAreaAbove(const election::Definition& definition, int contest_no, int station_no,
                      const Visit& visit) {
  const int top = definition.AreaOfContest(contest_no);
  int area = definition.AreaOfStation(station_no);
  if (!definition.IsWithin(area, top)) return;
  for (; area != top; area = definition.ParentOfArea(area)) visit(area);
  visit(top);
}

// Calls `visit` for each area whose figures the station's report changes: the areas above the
// station, and above the stations that are counted at it. May visit an area twice.
template <typename Visit>
void ForEachChangedArea(const election::Definition& definition, const election::StationKey& key,
                        const Visit& visit) {
  ForEachAreaAbove(definition, key.contest_no, key.station_no, visit);
  for (const int merged : definition.StationsCountedHere(key.station_no)) {
    ForEachAreaAbove(definition, key.contest_no, merged, visit);
  }
}

// Returns the contest and source whose status the entry sets in every area.
std::optional<std::pair<int, int>> StatusSetBy(const election::Event& event) {
  if (const auto* certified = std::get_if<election::ResultCertification>(&event)) {
    return std::pair(certified->contest_no, certified->source_no);
  }
  if (const auto* reopened = std::get_if<election::ContestReopening>(&event)) {
    return std::pair(reopened->contest_no, reopened->source_no);
  }
  return std::nullopt;
}

}  // namespace

Moment MomentOf(const ledger::ElectionLedger& ledger) {
  return {.sequence = ledger.sequence(),
          .recorded_at = ledger.recorded_at(),
          .root = ledger.log().Root()};
}

void ResultHistory::Before(const ledger::ElectionLedger& ledger, const Entry& entry) {
  if (!ledger.count().defined()) return;
  const bool new_second = SecondOf(entry.recorded_at) != SecondOf(ledger.recorded_at());
  if (new_second || std::holds_alternative<election::DefinitionSeal>(entry.event)) {
    FlushAll(ledger);
    return;
  }
  const std::optional<election::StationKey> key = KeyOf(entry.event);
  if (!key || OnlyAdds(entry.event)) return;
  ForEachChangedArea(ledger.count().definition(), *key, [&](int area) {
    const CellKey cell_key{key->contest_no, key->source_no, area};
    Cell& cell = CellOf(ledger, cell_key);
    if (cell.dirty) Flush(ledger, cell_key, cell);
  });
}

void ResultHistory::After(const ledger::ElectionLedger& ledger, const Entry& entry) {
  if (!ledger.count().defined()) return;
  const election::Definition& definition = ledger.count().definition();
  if (const std::optional<election::StationKey> key = KeyOf(entry.event)) {
    const bool only_adds = OnlyAdds(entry.event);
    ForEachChangedArea(definition, *key, [&](int area) {
      const CellKey cell_key{key->contest_no, key->source_no, area};
      if (only_adds) {
        MarkChanged(ledger, cell_key);
      } else {
        Look(ledger, cell_key, /*keep=*/false);
      }
    });
  } else if (const auto set = StatusSetBy(entry.event)) {
    for (const int area : definition.AreasBelow(definition.AreaOfContest(set->first))) {
      Look(ledger, {set->first, set->second, area}, /*keep=*/true);
    }
  } else if (const auto* poll = std::get_if<election::PollFigures>(&entry.event)) {
    Look(ledger, {poll->contest_no, poll->source_no, poll->area_no}, /*keep=*/true);
  } else if (std::holds_alternative<election::DefinitionSeal>(entry.event)) {
    LookAtAll(ledger);
  }
}

std::vector<HistoryPoint> ResultHistory::Newest(const ledger::ElectionLedger& ledger,
                                                int contest_no, int source_no, int area_no,
                                                std::int64_t before_sequence,
                                                std::size_t limit) const {
  std::vector<HistoryPoint> newest;
  const Cell* const found = FindCell({contest_no, source_no, area_no});
  if (found == nullptr) return newest;
  const Cell& cell = *found;
  if (cell.dirty && ledger.sequence() < before_sequence && limit > 0) {
    newest.push_back({.moment = MomentOf(ledger),
                      .figures = FiguresOf(ledger.count(), contest_no, source_no, area_no)});
  }
  bool is_last = true;
  cell.points.VisitNewestFirst(
      [&](const PointList::Head& head, PointList::FiguresFunction figures) {
        const bool was_last = std::exchange(is_last, false);
        if (newest.size() >= limit) return false;
        const Moment& moment = moments_[head.moment];
        // The current state takes the place of the last point.
        const bool replaced = was_last && cell.dirty &&
                              (moment.sequence == ledger.sequence() ||
                               (!head.kept && IsSameSecond(head, ledger.recorded_at())));
        if (replaced || moment.sequence >= before_sequence) return true;
        newest.push_back({.moment = moment, .figures = figures()});
        return true;
      });
  return newest;
}

const Moment* ResultHistory::FindMoment(std::int64_t sequence) const {
  const auto found = std::lower_bound(
      moments_.begin(), moments_.end(), sequence,
      [](const Moment& moment, std::int64_t wanted) { return moment.sequence < wanted; });
  return found != moments_.end() && found->sequence == sequence ? &*found : nullptr;
}

const ResultHistory::Cell* ResultHistory::FindCell(const CellKey& key) const {
  const auto cells = cells_.find({key.contest_no, key.source_no});
  if (cells == cells_.end() || Index(key.area_no) >= cells->second.size()) return nullptr;
  return &cells->second[Index(key.area_no)];
}

ResultHistory::Cell& ResultHistory::CellOf(const ledger::ElectionLedger& ledger,
                                           const CellKey& key) {
  std::vector<Cell>& cells = cells_[{key.contest_no, key.source_no}];
  if (Index(key.area_no) >= cells.size()) cells.resize(ledger.count().definition().areas().size());
  return cells[Index(key.area_no)];
}

void ResultHistory::FlushAll(const ledger::ElectionLedger& ledger) {
  for (const CellKey& key : dirty_) {
    Cell& cell = CellOf(ledger, key);
    if (cell.dirty) Flush(ledger, key, cell);
  }
  dirty_.clear();
}

// Records the point of a dirty cell.
void ResultHistory::Flush(const ledger::ElectionLedger& ledger, const CellKey& key, Cell& cell) {
  Record(ledger, key, cell, FiguresOf(ledger.count(), key.contest_no, key.source_no, key.area_no),
         /*keep=*/false);
}

void ResultHistory::Record(const ledger::ElectionLedger& ledger, const CellKey& key, Cell& cell,
                           const Figures& figures, bool keep) {
  cell.dirty = false;
  cell.status = figures.status;
  const PointList::Head head{.moment = MomentNumber(ledger), .kept = keep};
  if (!cell.points.empty()) {
    const PointList::Head last = cell.points.NewestHead();
    const bool same_second = !last.kept && !keep && IsSameSecond(last, ledger.recorded_at());
    if (last.moment == head.moment || same_second) {
      cell.points.ReplaceNewest({.moment = head.moment, .kept = keep || last.kept}, figures);
      return;
    }
  }
  cell.points.Append(head, figures);
  if (keep) return;
  const bool whole = key.area_no == ledger.count().definition().AreaOfContest(key.contest_no);
  const std::size_t points_max = whole ? kPointsOfContestMax : kPointsOfAreaMax;
  if (cell.points.thinnable() > points_max) cell.points.ThinOut(points_max / 2);
}

// Called after a change of the definition, which may have changed the figures of any area.
void ResultHistory::LookAtAll(const ledger::ElectionLedger& ledger) {
  for (const auto& [contest_and_source, cells] : cells_) {
    for (std::size_t area = 0; area < cells.size(); ++area) {
      if (cells[area].points.empty()) continue;
      Look(ledger, {contest_and_source.first, contest_and_source.second, static_cast<int>(area)},
           /*keep=*/false);
    }
  }
}

// Compares an area with its last point. Records a new point if a number fell, the status changed or
// `keep` is set, and otherwise marks a changed area as dirty.
void ResultHistory::Look(const ledger::ElectionLedger& ledger, const CellKey& key, bool keep) {
  Cell& cell = CellOf(ledger, key);
  const Figures figures = FiguresOf(ledger.count(), key.contest_no, key.source_no, key.area_no);
  if (!cell.points.empty()) {
    const Figures before = cell.points.NewestFigures();
    if (figures == before && !keep) return;
    if (IsFall(before, figures)) {
      cell.points.ReplaceNewest({.moment = cell.points.NewestHead().moment, .kept = true}, before);
      keep = true;
    }
  }
  if (keep || figures.status != cell.status) {
    Record(ledger, key, cell, figures, /*keep=*/true);
  } else if (!cell.dirty) {
    cell.dirty = true;
    dirty_.push_back(key);
  }
}

// Called after a first report, of which only a change of status gets a point of its own.
void ResultHistory::MarkChanged(const ledger::ElectionLedger& ledger, const CellKey& key) {
  Cell& cell = CellOf(ledger, key);
  if (ledger.count().StatusOf(key.contest_no, key.source_no, key.area_no) != cell.status) {
    Record(ledger, key, cell, FiguresOf(ledger.count(), key.contest_no, key.source_no, key.area_no),
           /*keep=*/true);
  } else if (!cell.dirty) {
    cell.dirty = true;
    dirty_.push_back(key);
  }
}

std::uint32_t ResultHistory::MomentNumber(const ledger::ElectionLedger& ledger) {
  if (moments_.empty() || moments_.back().sequence != ledger.sequence())
    moments_.push_back(MomentOf(ledger));
  return static_cast<std::uint32_t>(moments_.size() - 1);
}

bool ResultHistory::IsSameSecond(const PointList::Head& head, absl::Time time) const {
  return SecondOf(moments_[head.moment].recorded_at) == SecondOf(time);
}

}  // namespace canvass::publisher
