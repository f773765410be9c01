#include "common/election/entitlement_check.h"

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/index.h"
#include "common/election/actor.h"
#include "common/election/definition.h"
#include "common/election/finding_list.h"
#include "common/election/report_check.h"
#include "common/election/rule.h"

namespace canvass::election {
namespace {

constexpr char kSourceField[] = "source_id";
constexpr char kStationField[] = "station_id";

bool IsInOffice(const Definition& definition, const std::string& area_id, int station_no) {
  const std::optional<int> area_no = definition.FindArea(area_id);
  return area_no && definition.IsWithin(definition.AreaOfStation(station_no), *area_no);
}

// Returns the field of the report in which it goes beyond what the actor may; nothing if it does
// not.
std::string_view FieldBeyond(const Definition& definition, const Actor& actor,
                             const StationKey& key) {
  const Source& source = definition.sources()[Index(key.source_no)];
  switch (actor.role) {
    case Role::kStation:
      if (source.kind != SourceKind::kOfficial) return kSourceField;
      return definition.stations()[Index(key.station_no)].id == actor.name ? "" : kStationField;
    case Role::kOffice:
      if (source.kind != SourceKind::kOfficial) return kSourceField;
      return IsInOffice(definition, actor.name, key.station_no) ? "" : kStationField;
    case Role::kPoll:
      return source.kind == SourceKind::kExitPoll && source.id == actor.name ? "" : kSourceField;
    case Role::kObserver:
      return source.kind == SourceKind::kParallelCount && source.id == actor.name ? ""
                                                                                  : kSourceField;
    case Role::kOperator:
    case Role::kService:
      break;
  }
  return kStationField;
}

}  // namespace

bool CheckEntitlement(const Definition& definition, std::string_view actor,
                      CheckedReport& checked) {
  assert(checked.identified);
  if (actor == kLocalActor) return true;
  const std::optional<Actor> known = ParseActor(actor);
  const std::string_view field =
      known ? FieldBeyond(definition, *known, checked.recorded.key) : kStationField;
  if (field.empty()) return true;
  FindingList findings(definition.policy());
  // The first, so that it is among those that are kept.
  findings.Add({.rule = Rule::kActorNotEntitled,
                .field = std::string(field),
                .subject = std::string(actor)});
  for (Finding& finding : checked.findings) findings.Add(std::move(finding));
  Conclude(std::move(findings), checked);
  return false;
}

bool MayAskFor(std::string_view actor, std::string_view station_id, std::string_view source_id) {
  const std::optional<Actor> known = ParseActor(actor);
  if (!known) return actor == kLocalActor;
  switch (known->role) {
    case Role::kStation:
      return known->name == station_id;
    case Role::kPoll:
    case Role::kObserver:
      return known->name == source_id;
    default:
      return true;
  }
}

bool MaySpeakFor(std::string_view actor, const std::string& source_id) {
  if (actor == kLocalActor) return true;
  const std::optional<Actor> known = ParseActor(actor);
  if (!known) return false;
  if (known->role == Role::kOperator) return true;
  const bool is_source = known->role == Role::kPoll || known->role == Role::kObserver;
  return is_source && known->name == source_id;
}

}  // namespace canvass::election
