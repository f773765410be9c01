#include "common/election/move_check.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/counted_parts.h"
#include "common/election/definition.h"
#include "common/election/definition_merge.h"
#include "common/election/problem_list.h"

namespace canvass::election {
namespace {

class MoveCheck {
 public:
  MoveCheck(const Definition& current, const CountedParts& counted, const DefinitionChange& change,
            ProblemList& problems)
      : current_(current), counted_(counted), change_(change), problems_(problems) {}

  void Run() {
    if (change_.election) CheckElection(*change_.election);
    for (std::size_t i = 0; i < change_.contests.size(); ++i) {
      const Contest& contest = change_.contests[i];
      const std::optional<int> number = current_.FindContest(contest.id);
      if (number) CheckContest(*number, contest, {"definition.contests", i, "contest", contest.id});
    }
    for (std::size_t i = 0; i < change_.sources.size(); ++i) {
      const Source& source = change_.sources[i];
      const std::optional<int> number = current_.FindSource(source.id);
      if (number) CheckSource(*number, source, {"definition.sources", i, "source", source.id});
    }
    for (std::size_t i = 0; i < change_.areas.size(); ++i) {
      const Area& area = change_.areas[i];
      const std::optional<int> number = current_.FindArea(area.id);
      if (number) CheckArea(*number, area, {"definition.areas", i, "area", area.id});
    }
    for (std::size_t i = 0; i < change_.stations.size(); ++i) {
      const Station& station = change_.stations[i];
      const std::optional<int> number = current_.FindStation(station.id);
      if (number) CheckStation(*number, station, {"definition.stations", i, "station", station.id});
    }
  }

 private:
  void Add(const Place& place, std::string_view field, std::string_view description) {
    problems_.Add(reason::kVotesWouldMove, place, field, description);
  }

  void CheckElection(const Election& election) {
    if (!TakesBackTwoOperators(current_, election)) return;
    problems_.Add(reason::kTwoOperatorsFixed, "definition.election.policy.two_operators",
                  "is set, and cannot be taken back");
  }

  void CheckContest(int number, const Contest& contest, const Place& place) {
    const Contest& old = current_.contests()[Index(number)];
    const bool same_candidates =
        std::equal(old.candidates.begin(), old.candidates.end(), contest.candidates.begin(),
                   contest.candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.id == b.id; });
    const bool same_area = old.area_id == contest.area_id;
    const bool same_validity = old.blank_votes_valid == contest.blank_votes_valid;
    if (same_candidates && same_area && same_validity) return;
    if (!counted_.HasReportsOfContest(number)) return;
    if (!same_candidates) Add(place, "candidates", DifferenceOf(old, contest));
    if (!same_area) {
      Add(place, "area_id",
          StrCat("has reports, so it cannot move from area ", Quoted(old.area_id), " to ",
                 Quoted(contest.area_id)));
    }
    if (!same_validity) {
      const bool valid = contest.blank_votes_valid.value_or(false);
      Add(place, "blank_votes_valid",
          StrCat("has reports, so its blank votes cannot ", valid ? "become" : "stop being",
                 " valid votes: every share would change"));
    }
  }

  static std::string DifferenceOf(const Contest& old, const Contest& contest) {
    const auto find = [](const Contest& in, const Candidate& candidate) {
      return std::any_of(in.candidates.begin(), in.candidates.end(),
                         [&](const Candidate& other) { return other.id == candidate.id; });
    };
    for (const Candidate& candidate : contest.candidates) {
      if (find(old, candidate)) continue;
      return StrCat("has reports, so candidate ", Quoted(candidate.id), " cannot be added to its ",
                    old.candidates.size(), " candidates");
    }
    for (const Candidate& candidate : old.candidates) {
      if (find(contest, candidate)) continue;
      return StrCat("has reports, so candidate ", Quoted(candidate.id), " of its ",
                    old.candidates.size(), " candidates cannot be removed");
    }
    return "has reports, so its candidates cannot be reordered";
  }

  void CheckSource(int number, const Source& source, const Place& place) {
    const Source& old = current_.sources()[Index(number)];
    if (old.kind == source.kind && old.sample_tag == source.sample_tag) return;
    if (!counted_.HasReportsFromSource(number)) return;
    if (old.kind != source.kind) Add(place, "kind", "has reports, so its kind cannot change");
    if (old.sample_tag == source.sample_tag) return;
    Add(place, "sample_tag",
        StrCat("has reports, so its sample cannot change from ", Quoted(old.sample_tag), " to ",
               Quoted(source.sample_tag)));
  }

  void CheckArea(int number, const Area& area, const Place& place) {
    const Area& old = current_.areas()[Index(number)];
    if (old.parent_id == area.parent_id) return;
    const std::optional<int> station_no = FindReportedStation(current_, counted_, number);
    if (!station_no.has_value()) return;
    Add(place, "parent_area_id",
        StrCat("cannot move from area ", Quoted(old.parent_id), " to ", Quoted(area.parent_id),
               " because station ", Quoted(current_.stations()[Index(*station_no)].id),
               " has reports"));
  }

  void CheckStation(int number, const Station& station, const Place& place) {
    const Station& old = current_.stations()[Index(number)];
    const bool moves = old.area_id != station.area_id;
    const bool merges =
        IsMerged(station) && old.counted_at_station_id != station.counted_at_station_id;
    const bool closes = IsClosed(station) && !IsClosed(old);
    const bool tags_differ = old.tags != station.tags;
    if (!moves && !merges && !closes && !tags_differ) return;
    if (!counted_.HasReportsOfStation(number)) return;
    // An annulled report does not prevent a merge or a closure: it may have been posted here by
    // mistake because the station never opened.
    const bool in_force = counted_.HasCountingOrHeldReportOf(number);
    if (moves) {
      Add(place, "area_id",
          StrCat("has reports, so it cannot move from area ", Quoted(old.area_id), " to ",
                 Quoted(station.area_id)));
    }
    if (merges && in_force) {
      Add(place, "counted_at_station_id",
          StrCat("has a report that counts or is held, so it cannot be counted at station ",
                 Quoted(*station.counted_at_station_id), "; annul the report first"));
    }
    if (closes && in_force) {
      Add(place, "closed_reason",
          "has a report that counts or is held, so it cannot be closed; annul the report first");
    }
    if (tags_differ) CheckSample(old, station, place);
  }

  // A station with reports must stay in the sample of each source that has reports.
  void CheckSample(const Station& old, const Station& station, const Place& place) {
    const auto has = [](const std::vector<std::string>& tags, const std::string& tag) {
      return std::find(tags.begin(), tags.end(), tag) != tags.end();
    };
    for (std::size_t i = 0; i < current_.sources().size(); ++i) {
      const Source& source = current_.sources()[i];
      const std::string& tag = source.sample_tag;
      if (tag.empty() || !has(old.tags, tag) || has(station.tags, tag)) continue;
      if (!counted_.HasReportsFromSource(static_cast<int>(i))) continue;
      Add(place, "tags",
          StrCat("has reports, so it cannot leave the sample ", Quoted(tag), " of source ",
                 Quoted(source.id)));
    }
  }

  const Definition& current_;
  const CountedParts& counted_;
  const DefinitionChange& change_;
  ProblemList& problems_;
};

}  // namespace

std::optional<int> FindReportedStation(const Definition& definition, const CountedParts& counted,
                                       int area_no) {
  for (const int below : definition.AreasBelow(area_no)) {
    for (const int station_no : definition.StationsInArea(below)) {
      if (counted.HasReportsOfStation(station_no)) return station_no;
    }
  }
  return std::nullopt;
}

bool TakesBackTwoOperators(const Definition& current, const Election& election) {
  const bool asks = election.policy && election.policy->two_operators;
  return current.policy().two_operators && !asks;
}

void CheckMoves(const Definition& current, const CountedParts& counted,
                const DefinitionChange& change, ProblemList& problems) {
  MoveCheck(current, counted, change, problems).Run();
}

}  // namespace canvass::election
