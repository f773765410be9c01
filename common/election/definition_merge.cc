#include "common/election/definition_merge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/base/microseconds.h"
#include "common/election/definition.h"
#include "common/election/rule.h"

namespace canvass::election {
namespace {

// ---- Fields that are left out (an empty text or list, an absent value) keep their old values.

template <typename T>
void Keep(const T& old, T& value) {
  if (value.empty()) value = old;
}

template <typename T>
void Keep(const std::optional<T>& old, std::optional<T>& value) {
  if (!value) value = old;
}

void Keep(SourceKind old, SourceKind& kind) {
  if (kind == SourceKind::kUnspecified) kind = old;
}

void MergePart(const Election& old, Election& election) {
  Keep(old.id, election.id);
  Keep(old.names, election.names);
  Keep(old.languages, election.languages);
  Keep(old.polling_date, election.polling_date);
  Keep(old.time_zone, election.time_zone);
  Keep(old.policy, election.policy);
  Keep(old.previous_election_id, election.previous_election_id);
  Keep(old.rehearsal, election.rehearsal);
  Keep(old.notices, election.notices);
}

void MergePart(const Candidate& old, Candidate& candidate) {
  Keep(old.names, candidate.names);
  Keep(old.affiliations, candidate.affiliations);
  Keep(old.withdrawn, candidate.withdrawn);
}

void MergePart(const Contest& old, Contest& contest) {
  Keep(old.names, contest.names);
  Keep(old.area_id, contest.area_id);
  Keep(old.blank_votes_valid, contest.blank_votes_valid);
  if (contest.candidates.empty()) {
    contest.candidates = old.candidates;
    return;
  }
  absl::flat_hash_map<absl::string_view, const Candidate*> old_candidates;
  for (const Candidate& candidate : old.candidates) old_candidates[candidate.id] = &candidate;
  for (Candidate& candidate : contest.candidates) {
    const auto found = old_candidates.find(candidate.id);
    if (found != old_candidates.end()) MergePart(*found->second, candidate);
  }
}

void MergePart(const Source& old, Source& source) {
  Keep(old.kind, source.kind);
  Keep(old.names, source.names);
  Keep(old.organisations, source.organisations);
  Keep(old.visible_from, source.visible_from);
  Keep(old.sample_tag, source.sample_tag);
  Keep(old.design_effect, source.design_effect);
}

void MergePart(const Area& old, Area& area) {
  Keep(old.parent_id, area.parent_id);
  Keep(old.kind, area.kind);
  Keep(old.names, area.names);
}

void MergePart(const Station& old, Station& station) {
  Keep(old.area_id, station.area_id);
  Keep(old.names, station.names);
  Keep(old.tags, station.tags);
  Keep(old.registered_voters, station.registered_voters);
  Keep(old.counted_at_station_id, station.counted_at_station_id);
  Keep(old.closed_reason, station.closed_reason);
}

// ---- Values with the same meaning get the same form.

void OrderTexts(LocalizedText& texts) {
  std::stable_sort(texts.begin(), texts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
}

void LeaveOutFalse(std::optional<bool>& value) {
  if (value == false) value.reset();
}

void RoundToMicroseconds(std::optional<absl::Time>& time) {
  if (time) time = InMicroseconds(*time);
}

void NormalisePart(Election& election) {
  OrderTexts(election.names);
  OrderTexts(election.notices);
  LeaveOutFalse(election.rehearsal);
  if (election.languages.empty()) {
    for (const auto& [language, name] : election.names) election.languages.push_back(language);
  }
  if (election.policy) {
    std::stable_sort(election.policy->severities.begin(), election.policy->severities.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    RoundToMicroseconds(election.policy->polls_close_at);
  }
}

void NormalisePart(Contest& contest) {
  OrderTexts(contest.names);
  LeaveOutFalse(contest.blank_votes_valid);
  for (Candidate& candidate : contest.candidates) {
    OrderTexts(candidate.names);
    OrderTexts(candidate.affiliations);
    LeaveOutFalse(candidate.withdrawn);
  }
}

void NormalisePart(Source& source) {
  OrderTexts(source.names);
  RoundToMicroseconds(source.visible_from);
}

void NormalisePart(Area& area) { OrderTexts(area.names); }

void NormalisePart(Station& station) {
  OrderTexts(station.names);
  std::optional<std::string>& counted_at = station.counted_at_station_id;
  if (counted_at && (counted_at->empty() || *counted_at == station.id)) counted_at.reset();
  if (station.closed_reason && station.closed_reason->empty()) station.closed_reason.reset();
}

// ---- Lists of parts.

// Returns the part in `parts` with this number; null without a number, i.e. for a new part.
template <typename Part>
const Part* OldPart(const std::vector<Part>& parts, std::optional<int> number) {
  return number ? &parts[Index(*number)] : nullptr;
}

const Contest* FindOld(const Definition& current, const Contest& contest) {
  return OldPart(current.contests(), current.FindContest(contest.id));
}
const Source* FindOld(const Definition& current, const Source& source) {
  return OldPart(current.sources(), current.FindSource(source.id));
}
const Area* FindOld(const Definition& current, const Area& area) {
  return OldPart(current.areas(), current.FindArea(area.id));
}
const Station* FindOld(const Definition& current, const Station& station) {
  return OldPart(current.stations(), current.FindStation(station.id));
}

template <typename Part>
void MergeParts(const Definition* current, std::vector<Part>& parts) {
  for (Part& part : parts) {
    const Part* old = current == nullptr ? nullptr : FindOld(*current, part);
    if (old != nullptr) MergePart(*old, part);
    NormalisePart(part);
  }
}

template <typename Part>
void DropUnchanged(const Definition& current, std::vector<Part>& parts) {
  const auto is_unchanged = [&current](const Part& part) {
    const Part* old = FindOld(current, part);
    return old != nullptr && *old == part;
  };
  parts.erase(std::remove_if(parts.begin(), parts.end(), is_unchanged), parts.end());
}

}  // namespace

void MergeDefinition(const Definition* current, DefinitionChange& request) {
  if (request.election) {
    if (current != nullptr) MergePart(current->election(), *request.election);
    NormalisePart(*request.election);
  }
  MergeParts(current, request.contests);
  MergeParts(current, request.sources);
  MergeParts(current, request.areas);
  MergeParts(current, request.stations);
}

void DropUnchangedParts(const Definition& current, DefinitionChange& request) {
  if (request.election == current.election()) request.election.reset();
  DropUnchanged(current, request.contests);
  DropUnchanged(current, request.sources);
  DropUnchanged(current, request.areas);
  DropUnchanged(current, request.stations);
}

}  // namespace canvass::election
