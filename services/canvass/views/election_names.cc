#include "services/canvass/views/election_names.h"

#include <algorithm>

#include "common/base/text.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

std::string NameOr(const absl::flat_hash_map<std::string, std::string>& names,
                   std::string_view id) {
  const auto found = names.find(ToAbsl(id));
  return found == names.end() || found->second.empty() ? std::string(id) : found->second;
}

std::string CandidateKey(std::string_view contest_id, std::string_view candidate_id) {
  return fmt::format("{}/{}", contest_id, candidate_id);
}

}  // namespace

std::string NoticeText(const std::string& notice, bool rehearsal) {
  if (!rehearsal) return notice;
  return notice.empty() ? "REHEARSAL" : "REHEARSAL: " + notice;
}

ElectionNames::ElectionNames(const v1::Election& election,
                             const google::protobuf::RepeatedPtrField<v1::Contest>& contests,
                             const google::protobuf::RepeatedPtrField<v1::Source>& sources,
                             std::string_view language) {
  if (!language.empty()) languages_.emplace_back(language);
  languages_.insert(languages_.end(), election.languages().begin(), election.languages().end());
  languages_.emplace_back("en");
  if (!absl::LoadTimeZone(election.time_zone(), &zone_)) zone_ = absl::UTCTimeZone();
  election_ = TextIn(election.names());
  if (election_.empty()) election_ = election.election_id();
  notice_ = NoticeText(TextIn(election.notices()), election.rehearsal());
  for (const v1::Contest& contest : contests) {
    contest_areas_[contest.contest_id()] = contest.area_id();
    contests_[contest.contest_id()] = TextIn(contest.names());
    for (const v1::Candidate& candidate : contest.candidates()) {
      candidates_[CandidateKey(contest.contest_id(), candidate.candidate_id())] =
          TextIn(candidate.names());
      ballots_[contest.contest_id()].push_back(candidate.candidate_id());
    }
  }
  for (const v1::Source& source : sources) {
    std::string name = TextIn(source.names());
    if (name.empty()) name = fmt::format("{}", fmt::join(source.organisations(), ", "));
    sources_[source.source_id()] = name;
  }
}

void ElectionNames::AddArea(const v1::Area& area) { areas_[area.area_id()] = TextIn(area.names()); }

bool ElectionNames::IsWholeArea(std::string_view contest_id, std::string_view area_id) const {
  const auto found = contest_areas_.find(ToAbsl(contest_id));
  return found != contest_areas_.end() && found->second == area_id;
}

std::string ElectionNames::Contest(std::string_view contest_id) const {
  return NameOr(contests_, contest_id);
}

std::string ElectionNames::Candidate(std::string_view contest_id,
                                     std::string_view candidate_id) const {
  const auto found = candidates_.find(CandidateKey(contest_id, candidate_id));
  if (found == candidates_.end() || found->second.empty()) return std::string(candidate_id);
  return found->second;
}

std::string ElectionNames::Source(std::string_view source_id) const {
  return NameOr(sources_, source_id);
}

std::string ElectionNames::Area(std::string_view area_id) const { return NameOr(areas_, area_id); }

std::vector<std::string> ElectionNames::Ballot(std::string_view contest_id) const {
  const auto found = ballots_.find(ToAbsl(contest_id));
  return found == ballots_.end() ? std::vector<std::string>{} : found->second;
}

std::string ElectionNames::TextIn(const LocalizedNames& names) const {
  for (const std::string& language : languages_) {
    const auto found = names.find(language);
    if (found != names.end()) return found->second;
  }
  // A map has no order. Choosing the first tag in alphabetical order always gives the same text.
  const auto first = std::min_element(
      names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return first == names.end() ? "" : first->second;
}

std::string ElectionNames::Time(const google::protobuf::Timestamp& time) const {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", absl::FromUnixSeconds(time.seconds()), zone_);
}

}  // namespace canvass::cli
