#include "common/election/definition_overlay.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/definition.h"

namespace canvass::election {
namespace {

using Positions = absl::flat_hash_map<absl::string_view, std::size_t>;

template <typename Part>
Positions FirstPositions(const std::vector<Part>& parts) {
  Positions positions;
  positions.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) positions.try_emplace(parts[i].id, i);
  return positions;
}

std::optional<std::size_t> Find(const Positions& positions, std::string_view id) {
  const auto found = positions.find(ToAbsl(id));
  if (found == positions.end()) return std::nullopt;
  return found->second;
}

}  // namespace

DefinitionOverlay::DefinitionOverlay(const Definition* current, const DefinitionChange& change)
    : current_(current),
      change_(change),
      contests_(FirstPositions(change.contests)),
      sources_(FirstPositions(change.sources)),
      areas_(FirstPositions(change.areas)),
      stations_(FirstPositions(change.stations)) {}

std::optional<std::size_t> DefinitionOverlay::FindChanged(const Contest& contest) const {
  return Find(contests_, contest.id);
}

std::optional<std::size_t> DefinitionOverlay::FindChanged(const Source& source) const {
  return Find(sources_, source.id);
}

std::optional<std::size_t> DefinitionOverlay::FindChanged(const Area& area) const {
  return Find(areas_, area.id);
}

std::optional<std::size_t> DefinitionOverlay::FindChanged(const Station& station) const {
  return Find(stations_, station.id);
}

const Area* DefinitionOverlay::FindArea(std::string_view id) const {
  if (id.empty()) return nullptr;
  if (const std::optional<std::size_t> changed = Find(areas_, id)) return &change_.areas[*changed];
  if (current_ == nullptr) return nullptr;
  const std::optional<int> number = current_->FindArea(id);
  return number ? &current_->areas()[Index(*number)] : nullptr;
}

const Station* DefinitionOverlay::FindStation(std::string_view id) const {
  if (const std::optional<std::size_t> changed = Find(stations_, id)) {
    return &change_.stations[*changed];
  }
  if (current_ == nullptr) return nullptr;
  const std::optional<int> number = current_->FindStation(id);
  return number ? &current_->stations()[Index(*number)] : nullptr;
}

std::vector<absl::string_view> DefinitionOverlay::AreasAbove(std::string_view area_id) const {
  std::vector<absl::string_view> ids;
  for (const Area* area = FindArea(area_id); area != nullptr; area = FindArea(area->parent_id)) {
    ids.emplace_back(area->id);
  }
  return ids;
}

}  // namespace canvass::election
