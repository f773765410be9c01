#include "services/publisher/board/result_history.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <optional>
#include <variant>

#include "common/base/index.h"

namespace canvass::publisher {
namespace {

using election::Entry;

std::int64_t SecondOf(absl::Time time) { return absl::ToUnixSeconds(time); }

// Packs numbers one after the other, in groups of seven bits, least significant group first. All
// groups of a number but the last have 0x80 set.
class PackedWriter {
 public:
  void Write(std::int64_t number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= kContinued; rest /= kContinued) {
      bytes_.push_back(static_cast<char>(rest % kContinued + kContinued));
    }
    bytes_.push_back(static_cast<char>(rest));
  }
  void Write(const election::Sum& sum) {
    Write(sum.total);
    Write(sum.unknown);
  }
  std::string Take() {
    bytes_.shrink_to_fit();
    return std::move(bytes_);
  }

 private:
  static constexpr std::uint64_t kContinued = 0x80;
  std::string bytes_;
};

class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t Read() {
    std::uint64_t number = 0;
    for (int shift = 0; !bytes_.empty(); shift += kGroupBits) {
      const auto group = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      number |= static_cast<std::uint64_t>(group & kGroupMask) << static_cast<unsigned>(shift);
      if (group <= kGroupMask) break;
    }
    return static_cast<std::int64_t>(number);
  }
  std::int32_t ReadSmall() { return static_cast<std::int32_t>(Read()); }
  election::Sum ReadSum() {
    const std::int64_t total = Read();
    return {.total = total, .unknown = ReadSmall()};
  }

 private:
  static constexpr int kGroupBits = 7;
  static constexpr std::uint8_t kGroupMask = 0x7f;
  std::string_view bytes_;
};

// The sums of a tally that are not votes, in the order in which they are packed.
constexpr std::array kSums = {&election::Tally::registered_voters, &election::Tally::ballots_issued,
                              &election::Tally::ballots_cast,      &election::Tally::blank_votes,
                              &election::Tally::invalid_votes,     &election::Tally::asked,
                              &election::Tally::refused,           &election::Tally::undecided};

std::string Pack(const Figures& figures) {
  PackedWriter writer;
  writer.Write(figures.tally.reports);
  writer.Write(figures.tally.flagged);
  for (const auto sum : kSums) writer.Write(figures.tally.*sum);
  writer.Write(static_cast<std::int64_t>(figures.tally.votes.size()));
  for (const election::Sum& votes : figures.tally.votes) writer.Write(votes);
  const election::Progress& progress = figures.progress;
  for (const std::int32_t stations :
       {progress.expected, progress.counted, progress.annulled, progress.held, progress.closed}) {
    writer.Write(stations);
  }
  writer.Write(progress.registered_expected);
  writer.Write(progress.registered_counted);
  writer.Write(static_cast<std::int64_t>(figures.status));
  writer.Write(figures.certification_sequence);
  writer.Write(figures.poll_sequence);
  return writer.Take();
}

Figures Unpack(std::string_view packed) {
  PackedReader reader(packed);
  Figures figures;
  figures.tally.reports = reader.ReadSmall();
  figures.tally.flagged = reader.ReadSmall();
  for (const auto sum : kSums) figures.tally.*sum = reader.ReadSum();
  figures.tally.votes.resize(static_cast<std::size_t>(reader.Read()));
  for (election::Sum& votes : figures.tally.votes) votes = reader.ReadSum();
  election::Progress& progress = figures.progress;
  for (std::int32_t* stations : {&progress.expected, &progress.counted, &progress.annulled,
                                 &progress.held, &progress.closed}) {
    *stations = reader.ReadSmall();
  }
  progress.registered_expected = reader.Read();
  progress.registered_counted = reader.Read();
  figures.status = static_cast<election::ResultStatus>(reader.Read());
  figures.certification_sequence = reader.Read();
  figures.poll_sequence = reader.Read();
  return figures;
}

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

Figures FiguresOf(const election::Count& count, int contest_no, int source_no, int area_no) {
  Figures figures{.tally = count.TallyOfArea(contest_no, source_no, area_no),
                  .progress = count.ProgressOfArea(contest_no, source_no, area_no),
                  .status = count.StatusOf(contest_no, source_no, area_no)};
  const election::Certified* certified = count.FindCertified(contest_no, source_no);
  if (certified != nullptr) figures.certification_sequence = certified->sequence;
  const election::PublishedPoll* poll = count.FindPoll(contest_no, source_no, area_no);
  if (poll != nullptr) figures.poll_sequence = poll->sequence;
  return figures;
}

bool IsFall(const Figures& before, const Figures& after) {
  const election::Tally& old_tally = before.tally;
  const election::Tally& new_tally = after.tally;
  if (new_tally.reports < old_tally.reports || after.progress.counted < before.progress.counted)
    return true;
  for (const auto sum : kSums) {
    if ((new_tally.*sum).total < (old_tally.*sum).total) return true;
  }
  for (std::size_t i = 0; i < old_tally.votes.size(); ++i) {
    const std::int64_t votes = i < new_tally.votes.size() ? new_tally.votes[i].total : 0;
    if (votes < old_tally.votes[i].total) return true;
  }
  return false;
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
  auto point = cell.points.rbegin();
  if (cell.dirty) {
    if (ledger.sequence() < before_sequence && limit > 0) {
      newest.push_back({.moment = MomentOf(ledger),
                        .figures = FiguresOf(ledger.count(), contest_no, source_no, area_no)});
    }
    // Whether the current state takes the place of the last point.
    const bool replaced = point != cell.points.rend() &&
                          (moments_[point->moment].sequence == ledger.sequence() ||
                           (!point->kept && IsSameSecond(*point, ledger.recorded_at())));
    if (replaced) ++point;
  }
  for (; point != cell.points.rend() && newest.size() < limit; ++point) {
    const Moment& moment = moments_[point->moment];
    if (moment.sequence >= before_sequence) continue;
    newest.push_back({.moment = moment, .figures = Unpack(point->figures)});
  }
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
  const std::uint32_t moment = MomentNumber(ledger);
  Point* last = cell.points.empty() ? nullptr : &cell.points.back();
  const bool same_moment = last != nullptr && last->moment == moment;
  if (same_moment ||
      (last != nullptr && !last->kept && !keep && IsSameSecond(*last, ledger.recorded_at()))) {
    if (keep && !last->kept) --cell.thinnable;
    *last = {.moment = moment, .kept = keep || last->kept, .figures = Pack(figures)};
    return;
  }
  cell.points.push_back({.moment = moment, .kept = keep, .figures = Pack(figures)});
  if (keep) return;
  ++cell.thinnable;
  const bool whole = key.area_no == ledger.count().definition().AreaOfContest(key.contest_no);
  const std::size_t points_max = whole ? kPointsOfContestMax : kPointsOfAreaMax;
  if (cell.thinnable > points_max) ThinOut(cell, points_max);
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
    Point& last = cell.points.back();
    const Figures before = Unpack(last.figures);
    if (figures == before && !keep) return;
    if (IsFall(before, figures)) {
      if (!last.kept) --cell.thinnable;
      last.kept = true;
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

bool ResultHistory::IsSameSecond(const Point& point, absl::Time time) const {
  return SecondOf(moments_[point.moment].recorded_at) == SecondOf(time);
}

void ResultHistory::ThinOut(Cell& cell, std::size_t points_max) {
  std::size_t seen = 0;
  const auto dropped =
      std::remove_if(cell.points.begin(), cell.points.end(), [&](const Point& point) {
        if (point.kept) return false;
        ++seen;
        return seen <= points_max / 2 && seen % 2 == 0;
      });
  cell.thinnable -= static_cast<std::size_t>(std::distance(dropped, cell.points.end()));
  cell.points.erase(dropped, cell.points.end());
}

}  // namespace canvass::publisher
