#include "common/ledger/part_moves.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/index.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/election/move_check.h"

namespace canvass::ledger {
namespace {

using election::CountedParts;
using election::Definition;

bool Moves(const Definition& current, const CountedParts& counted,
           const election::Station& station) {
  const std::optional<int> number = current.FindStation(station.id);
  return number.has_value() && station.area_id != current.stations()[Index(*number)].area_id &&
         counted.HasReportsOfStation(*number);
}

bool Moves(const Definition& current, const CountedParts& counted, const election::Area& area) {
  const std::optional<int> number = current.FindArea(area.id);
  return number.has_value() && area.parent_id != current.areas()[Index(*number)].parent_id &&
         election::FindReportedStation(current, counted, *number).has_value();
}

bool Moves(const Definition& current, const CountedParts& counted,
           const election::Contest& contest) {
  const std::optional<int> number = current.FindContest(contest.id);
  if (!number.has_value()) return false;
  const election::Contest& old = current.contests()[Index(*number)];
  const bool is_same =
      contest.area_id == old.area_id && contest.candidates.size() == old.candidates.size();
  return !is_same && counted.HasReportsOfContest(*number);
}

template <typename Part>
std::string FindMoveOf(const Definition& current, const CountedParts& counted,
                       const std::vector<Part>& parts, const char* kind) {
  for (const Part& part : parts) {
    if (Moves(current, counted, part)) {
      return StrCat("it moves ", kind, " ", part.id, ", which has reports");
    }
  }
  return "";
}

}  // namespace

std::string FindMove(const Definition& current, const CountedParts& counted,
                     const std::vector<election::DefinitionChange>& changes) {
  for (const election::DefinitionChange& change : changes) {
    if (change.election && election::TakesBackTwoOperators(current, *change.election)) {
      return "it takes back that two operators decide";
    }
    std::string problem = FindMoveOf(current, counted, change.stations, "station");
    if (problem.empty()) problem = FindMoveOf(current, counted, change.areas, "area");
    if (problem.empty()) problem = FindMoveOf(current, counted, change.contests, "contest");
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace canvass::ledger
