#include "common/election/definition.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "common/base/index.h"
#include "common/base/text.h"

namespace canvass::election {
namespace {

using NumbersById = absl::flat_hash_map<std::string, int>;

std::optional<int> Find(const NumbersById& numbers, std::string_view id) {
  const auto found = numbers.find(ToAbsl(id));
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

// Returns -1 if there is none.
int NumberOf(const NumbersById& numbers, std::string_view id) {
  return Find(numbers, id).value_or(-1);
}

// Reserves memory for `more` elements. Grows by at least a half, so that many small changes take
// linear time.
template <typename Container>
void MakeRoom(Container& container, std::size_t more) {
  const std::size_t needed = container.size() + more;
  if (needed <= container.capacity()) return;
  container.reserve(std::max(needed, container.size() + container.size() / 2));
}

// Replaces the parts that have the same ids as those of `changed`, and appends the new ones. Calls
// `replaced(number, new)` before each replacement.
template <typename Part, typename Replaced>
void PutParts(std::vector<Part>&& changed, std::vector<Part>& parts, NumbersById& numbers,
              const Replaced& replaced) {
  MakeRoom(parts, changed.size());
  MakeRoom(numbers, changed.size());
  for (Part& part : changed) {
    const auto [at, is_new] = numbers.try_emplace(part.id, static_cast<int>(parts.size()));
    if (is_new) {
      parts.push_back(std::move(part));
    } else {
      const std::size_t number = Index(at->second);
      replaced(number, part);
      parts[number] = std::move(part);
    }
  }
}

template <typename Part>
void PutParts(std::vector<Part>&& changed, std::vector<Part>& parts, NumbersById& numbers) {
  PutParts(std::move(changed), parts, numbers, [](std::size_t, const Part&) {});
}

bool IsClosedStation(const Station& station) { return !station.closed_reason.value_or("").empty(); }

bool IsIdCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c));
}

}  // namespace

void Definition::Apply(DefinitionChange change) {
  if (change.election) election_ = *std::move(change.election);
  PutParts(std::move(change.sources), sources_, source_no_);
  const bool index_contests = unresolved_ || !change.contests.empty();
  PutParts(std::move(change.contests), contests_, contest_no_);

  // New areas and stations are added to the tree. The tree is rebuilt only if an old one moves.
  std::size_t first_area = areas_.size();
  std::size_t first_station = stations_.size();
  bool moved = unresolved_;
  PutParts(std::move(change.areas), areas_, area_no_, [&](std::size_t number, const Area& area) {
    moved = moved || areas_[number].parent_id != area.parent_id;
  });
  PutParts(std::move(change.stations), stations_, station_no_,
           [&](std::size_t number, const Station& station) {
             const Station& old = stations_[number];
             moved = moved || old.area_id != station.area_id ||
                     old.counted_at_station_id != station.counted_at_station_id;
             // Stations that were added by this change are not indexed yet.
             if (number < station_facts_.size()) {
               station_facts_[number].is_closed = IsClosedStation(station);
             }
           });
  if (moved) {
    ClearTree();
    first_area = 0;
    first_station = 0;
  }
  IndexAreas(first_area);
  IndexStations(first_station);
  if (index_contests) IndexContests();
}

void Definition::ClearTree() {
  unresolved_ = false;
  area_parent_.clear();
  area_children_.clear();
  area_stations_.clear();
  station_facts_.clear();
  counted_here_.clear();
  root_area_ = -1;
}

void Definition::IndexAreas(std::size_t first) {
  area_children_.resize(areas_.size());
  area_stations_.resize(areas_.size());
  MakeRoom(area_parent_, areas_.size() - first);
  for (std::size_t i = first; i < areas_.size(); ++i) {
    const int number = static_cast<int>(i);
    const std::string& parent_id = areas_[i].parent_id;
    const int parent = parent_id.empty() ? -1 : NumberOf(area_no_, parent_id);
    area_parent_.push_back(parent);
    if (parent >= 0) {
      area_children_[Index(parent)].push_back(number);
    } else if (parent_id.empty()) {
      root_area_ = number;
    } else {
      unresolved_ = true;
    }
  }
}

void Definition::IndexStations(std::size_t first) {
  MakeRoom(station_facts_, stations_.size() - first);
  int area = -1;
  for (std::size_t i = first; i < stations_.size(); ++i) {
    const Station& station = stations_[i];
    const int number = static_cast<int>(i);
    // Registers list the stations of one area together, so the last lookup is usually reused.
    if (area < 0 || areas_[Index(area)].id != station.area_id) {
      area = NumberOf(area_no_, station.area_id);
    }
    StationFacts& place = station_facts_.emplace_back(
        StationFacts{.area_no = area, .counted_at = number, .is_closed = IsClosedStation(station)});
    if (area >= 0) {
      area_stations_[Index(area)].push_back(number);
    } else {
      unresolved_ = true;
    }
    if (station.counted_at_station_id.value_or("").empty()) continue;
    const int counted_at = NumberOf(station_no_, *station.counted_at_station_id);
    if (counted_at >= 0) {
      place.counted_at = counted_at;
      counted_here_[counted_at].push_back(number);
    } else {
      unresolved_ = true;
    }
  }
}

void Definition::IndexContests() {
  candidate_no_.assign(contests_.size(), {});
  contest_area_.assign(contests_.size(), -1);
  for (std::size_t i = 0; i < contests_.size(); ++i) {
    contest_area_[i] = NumberOf(area_no_, contests_[i].area_id);
    if (contest_area_[i] < 0) unresolved_ = true;
    const std::vector<Candidate>& candidates = contests_[i].candidates;
    candidate_no_[i].reserve(candidates.size());
    for (std::size_t j = 0; j < candidates.size(); ++j) {
      candidate_no_[i].try_emplace(candidates[j].id, static_cast<int>(j));
    }
  }
}

const Policy& Definition::policy() const {
  static const auto& without_policy = *new Policy();
  return election_.policy ? *election_.policy : without_policy;
}

std::optional<int> Definition::FindContest(std::string_view id) const {
  return Find(contest_no_, id);
}

std::optional<int> Definition::FindSource(std::string_view id) const {
  return Find(source_no_, id);
}

std::optional<int> Definition::FindArea(std::string_view id) const { return Find(area_no_, id); }

std::optional<int> Definition::FindStation(std::string_view id) const {
  return Find(station_no_, id);
}

void Definition::PrefetchStation(std::string_view id) const { station_no_.prefetch(ToAbsl(id)); }

std::optional<int> Definition::FindCandidate(int contest_no, std::string_view id) const {
  return Find(candidate_no_[Index(contest_no)], id);
}

std::optional<int> Definition::OnlyContest() const {
  if (contests_.size() != 1) return std::nullopt;
  return 0;
}

std::optional<int> Definition::OnlyOfficialSource() const {
  const auto is_official = [](const Source& source) {
    return source.kind == SourceKind::kOfficial;
  };
  const auto first = std::find_if(sources_.begin(), sources_.end(), is_official);
  if (first == sources_.end()) return std::nullopt;
  if (std::any_of(std::next(first), sources_.end(), is_official)) return std::nullopt;
  return static_cast<int>(first - sources_.begin());
}

bool Definition::IsWithin(int area_no, int ancestor_no) const {
  while (area_no >= 0 && area_no != ancestor_no) area_no = ParentOfArea(area_no);
  return area_no >= 0;
}

std::vector<int> Definition::AreasBelow(int area_no) const {
  std::vector<int> areas;
  std::vector<int> waiting{area_no};
  while (!waiting.empty()) {
    const int next = waiting.back();
    waiting.pop_back();
    areas.push_back(next);
    const std::vector<int>& children = ChildrenOfArea(next);
    waiting.insert(waiting.end(), children.rbegin(), children.rend());
  }
  return areas;
}

const std::vector<int>& Definition::StationsCountedHere(int station_no) const {
  static const auto& none = *new std::vector<int>();
  const auto found = counted_here_.find(station_no);
  return found == counted_here_.end() ? none : found->second;
}

bool Definition::HasTag(int station_no, std::string_view tag) const {
  const std::vector<std::string>& tags = stations_[Index(station_no)].tags;
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool Definition::IsInSample(int station_no, std::string_view sample_tag) const {
  return sample_tag.empty() || HasTag(CountedAt(station_no), sample_tag);
}

bool Definition::IsExpected(int contest_no, int source_no, int station_no) const {
  return !IsClosed(station_no) && IsInSample(station_no, sources_[Index(source_no)].sample_tag) &&
         IsWithin(AreaOfStation(station_no), AreaOfContest(contest_no));
}

std::string_view TextIn(const LocalizedText& text, const std::vector<std::string>& languages) {
  const auto find = [&text](std::string_view language) {
    return std::find_if(text.begin(), text.end(),
                        [language](const auto& one) { return one.first == language; });
  };
  for (const std::string& language : languages) {
    const auto found = find(language);
    if (found != text.end()) return found->second;
  }
  const auto english = find("en");
  if (english != text.end()) return english->second;
  if (text.empty()) return "";
  return text.front().second;
}

bool IsValidId(std::string_view id) {
  constexpr std::size_t kIdBytesMax = 63;
  if (id.empty() || id.size() > kIdBytesMax || !IsIdCharacter(id.front())) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return IsIdCharacter(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace canvass::election
