#include "services/publisher/calls/question.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/decision_check.h"
#include "common/election/definition.h"

namespace canvass::publisher {
namespace {

using election::Definition;

absl::Status EmbargoedError(const election::Source& source) {
  const std::string visible_from =
      absl::FormatTime(absl::RFC3339_sec, *source.visible_from, absl::UTCTimeZone());
  return MakeError(reason::kSourceEmbargoed,
                   StrCat("Source \"", source.id, "\" is under embargo until ", visible_from, "."),
                   {.metadata = {{"source_id", source.id}, {"visible_from", visible_from}}});
}

absl::Status NotInContestError(std::string_view what, const Reason& reason, std::string_view field,
                               std::string_view id, const election::Contest& contest) {
  return MakeError(
      reason, StrCat("Contest \"", contest.id, "\" is not held ", what, " \"", id, "\"."),
      {.metadata = {{std::string(field), std::string(id)}, {"contest_id", contest.id}}});
}

const election::Contest& ContestOf(const Definition& definition, int contest_no) {
  return definition.contests()[Index(contest_no)];
}

bool HasTagAnywhere(const Definition& definition, std::string_view tag) {
  const auto& stations = definition.stations();
  return std::any_of(stations.begin(), stations.end(), [&](const election::Station& station) {
    return std::find(station.tags.begin(), station.tags.end(), tag) != station.tags.end();
  });
}

}  // namespace

absl::Status MissingError(const Reason& reason, std::string_view field) {
  return FieldError(reason, field, "is required");
}

absl::Status UnknownError(std::string_view what, const Reason& reason, std::string_view field,
                          std::string_view id) {
  return MakeError(reason, StrCat("There is no ", what, " \"", id, "\"."),
                   {.metadata = {{std::string(field), std::string(id)}}});
}

absl::Status CheckTag(const Definition& definition, std::string_view tag) {
  if (tag.empty() || HasTagAnywhere(definition, tag)) return absl::OkStatus();
  return UnknownError("tag", reason::kTagUnknown, "tag", tag);
}

absl::StatusOr<std::vector<int>> AreasOfKind(const Definition& definition, std::vector<int> areas,
                                             std::string_view kind) {
  if (kind.empty()) return areas;
  const auto is_of_kind = [&](const election::Area& area) { return area.kind == kind; };
  const std::vector<election::Area>& all = definition.areas();
  if (std::none_of(all.begin(), all.end(), is_of_kind)) {
    return UnknownError("kind of area", reason::kKindUnknown, "kind", kind);
  }
  std::erase_if(areas, [&](int area) { return !is_of_kind(all[Index(area)]); });
  return areas;
}

absl::StatusOr<int> FindVisibleSource(const PublishedElection& election,
                                      std::string_view source_id) {
  absl::StatusOr<int> source =
      election::ResolveOfficialOrNamedSource(election.definition(), source_id);
  if (source.ok() && election.IsUnderEmbargo(*source)) {
    return EmbargoedError(election.definition().sources()[Index(*source)]);
  }
  return source;
}

absl::StatusOr<ContestAndSource> FindContestAndSource(const PublishedElection& election,
                                                      std::string_view contest_id,
                                                      std::string_view source_id) {
  const absl::StatusOr<int> contest = election::ResolveContest(election.definition(), contest_id);
  if (!contest.ok()) return contest.status();
  const absl::StatusOr<int> source = FindVisibleSource(election, source_id);
  if (!source.ok()) return source.status();
  return ContestAndSource{.contest_no = *contest, .source_no = *source};
}

absl::StatusOr<int> FindAreaOfContest(const PublishedElection& election, int contest_no,
                                      std::string_view area_id) {
  const Definition& definition = election.definition();
  const int whole = definition.AreaOfContest(contest_no);
  if (area_id.empty()) return whole;
  const std::optional<int> area = definition.FindArea(area_id);
  if (!area) return UnknownError("area", reason::kAreaUnknown, "area_id", area_id);
  if (definition.IsWithin(*area, whole)) return *area;
  if (definition.IsWithin(whole, *area)) return whole;
  return NotInContestError("in area", reason::kAreaNotInContest, "area_id", area_id,
                           ContestOf(definition, contest_no));
}

absl::StatusOr<int> FindStationOfContest(const PublishedElection& election, int contest_no,
                                         std::string_view station_id) {
  if (station_id.empty()) return MissingError(reason::kStationMissing, "station_id");
  const Definition& definition = election.definition();
  const std::optional<int> station = definition.FindStation(station_id);
  if (!station) return UnknownError("station", reason::kStationUnknown, "station_id", station_id);
  if (definition.IsWithin(definition.AreaOfStation(*station),
                          definition.AreaOfContest(contest_no))) {
    return *station;
  }
  return NotInContestError("at station", reason::kStationNotInContest, "station_id", station_id,
                           ContestOf(definition, contest_no));
}

absl::StatusOr<rpc::ResultQuestion> FindQuestion(const PublishedElection& election,
                                                 const ContestAndSource& asked,
                                                 std::string_view area_id, std::string_view tag) {
  const Definition& definition = election.definition();
  rpc::ResultQuestion question{
      .contest_no = asked.contest_no, .source_no = asked.source_no, .tag = tag};
  if (!area_id.empty() && definition.FindStation(area_id)) {
    if (!tag.empty()) {
      return FieldError(reason::kTagOfStation, "tag",
                        StrCat("must be left out, because \"", area_id, "\" is a single station"));
    }
    const absl::StatusOr<int> station = FindStationOfContest(election, asked.contest_no, area_id);
    if (!station.ok()) return station.status();
    question.station_no = *station;
    question.area_no = definition.AreaOfStation(*station);
    return question;
  }
  const absl::StatusOr<int> area = FindAreaOfContest(election, asked.contest_no, area_id);
  if (!area.ok()) return area.status();
  question.area_no = *area;
  const absl::Status tagged = CheckTag(definition, tag);
  if (!tagged.ok()) return tagged;
  return question;
}

canvass::v1::Result ResultOf(const PublishedElection& election,
                             const rpc::ResultQuestion& question) {
  const bool whole = question.station_no < 0 && question.tag.empty() &&
                     question.area_no == election.definition().AreaOfContest(question.contest_no);
  return whole ? election.WholeResult(question.contest_no, question.source_no)
               : rpc::ResultOf(election.ledger(), question, election.AsOf());
}

}  // namespace canvass::publisher
