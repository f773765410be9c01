#include "services/aggregator/store/definition_numbers.h"

#include <optional>
#include <string>

#include "common/election/definition.h"

namespace canvass::aggregator {
namespace {

const election::Definition& OrNothing(const election::Definition* definition) {
  static const auto& nothing = *new election::Definition();
  return definition == nullptr ? nothing : *definition;
}

}  // namespace

DefinitionNumbers::DefinitionNumbers(const election::Definition* before)
    : before_(OrNothing(before)),
      contests_(before_.contests().size()),
      sources_(before_.sources().size()),
      areas_(before_.areas().size()),
      stations_(before_.stations().size()) {}

void DefinitionNumbers::Assign(const election::DefinitionChange& change) {
  for (const auto& contest : change.contests) {
    if (!before_.FindContest(contest.id)) contests_.Assign(contest.id);
  }
  for (const auto& source : change.sources) {
    if (!before_.FindSource(source.id)) sources_.Assign(source.id);
  }
  for (const auto& area : change.areas) {
    if (!before_.FindArea(area.id)) areas_.Assign(area.id);
  }
  for (const auto& station : change.stations) {
    if (!before_.FindStation(station.id)) stations_.Assign(station.id);
  }
}

std::optional<int> DefinitionNumbers::OfContest(const std::string& id) const {
  const auto number = before_.FindContest(id);
  return number ? number : contests_.Find(id);
}

std::optional<int> DefinitionNumbers::OfSource(const std::string& id) const {
  const auto number = before_.FindSource(id);
  return number ? number : sources_.Find(id);
}

std::optional<int> DefinitionNumbers::OfArea(const std::string& id) const {
  const auto number = before_.FindArea(id);
  return number ? number : areas_.Find(id);
}

std::optional<int> DefinitionNumbers::OfStation(const std::string& id) const {
  const auto number = before_.FindStation(id);
  return number ? number : stations_.Find(id);
}

}  // namespace canvass::aggregator
