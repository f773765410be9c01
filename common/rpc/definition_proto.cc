#include "common/rpc/definition_proto.h"

#include <google/protobuf/map.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/rule.h"
#include "common/election/share.h"
#include "common/rpc/report_proto.h"

namespace canvass::rpc {
namespace {

using rpc::FromProto;  // otherwise the functions below would hide those of the headers
using rpc::ToProto;
using TextMap = google::protobuf::Map<std::string, std::string>;

constexpr char kPolicyField[] = "definition.election.policy.";
constexpr std::int64_t kHundredPercent = 10'000;  // in hundredths

election::LocalizedText FromProto(const TextMap& texts) {
  election::LocalizedText out(texts.begin(), texts.end());
  std::sort(out.begin(), out.end());
  return out;
}

void ToProto(const election::LocalizedText& texts, TextMap* out) {
  for (const auto& [language, text] : texts) (*out)[language] = text;
}

// Converts "2.5" to 250 hundredths. Returns `standard` for an empty text.
absl::StatusOr<std::int32_t> LimitFromProto(const std::string& percent, std::string_view field,
                                            std::int32_t standard) {
  if (percent.empty()) return standard;
  const std::string path = StrCat(kPolicyField, field);
  const absl::StatusOr<election::Decimal> decimal = election::ParseDecimal(percent);
  if (!decimal.ok() || decimal->decimals > 2) {
    return FieldError(reason::kDecimalMalformed, path,
                      StrCat("\"", percent,
                             "\" is not a number like 3 or 2.5 with at most two "
                             "decimals"));
  }
  std::int64_t hundredths = decimal->units;
  if (hundredths < 0 || hundredths > kHundredPercent) {
    return FieldError(reason::kCountOutOfRange, path,
                      StrCat(percent, " is not between 0 and 100 percent"));
  }
  for (int decimals = decimal->decimals; decimals < 2; ++decimals) hundredths *= 10;
  if (hundredths > kHundredPercent) {
    return FieldError(reason::kCountOutOfRange, path,
                      StrCat(percent, " is not between 0 and 100 percent"));
  }
  return static_cast<std::int32_t>(hundredths);
}

// Converts 250 to "2.5" and 300 to "3".
std::string LimitToProto(std::int32_t hundredths) {
  std::string percent = election::FormatHundredths(hundredths);
  while (percent.back() == '0') percent.pop_back();
  if (percent.back() == '.') percent.pop_back();
  return percent;
}

absl::StatusOr<std::pair<election::Rule, election::Severity>> SeverityFromProto(
    const std::string& rule_name, v1::Severity severity) {
  const std::string path = StrCat(kPolicyField, "severities[\"", rule_name, "\"]");
  const std::optional<election::Rule> rule = election::FindRule(rule_name);
  if (!rule) {
    return FieldError(reason::kRuleUnknown, path, StrCat("there is no rule \"", rule_name, "\""));
  }
  const election::Severity known = FromProto(severity);
  if (known == election::Severity::kUnspecified) {
    return FieldError(reason::kSeverityMissing, path,
                      "must be SEVERITY_OFF, SEVERITY_WARN, SEVERITY_HOLD or SEVERITY_REJECT");
  }
  return std::pair(*rule, known);
}

absl::StatusOr<election::Policy> FromProto(const v1::Policy& policy) {
  election::Policy out;
  for (const auto& [rule_name, severity] : policy.severities()) {
    auto known = SeverityFromProto(rule_name, static_cast<v1::Severity>(severity));
    if (!known.ok()) return known.status();
    // Storing a default severity would change nothing.
    if (known->second != election::DefaultSeverity(known->first)) out.severities.push_back(*known);
  }
  std::sort(out.severities.begin(), out.severities.end());
  const auto invalid =
      LimitFromProto(policy.invalid_share_high_percent(), "invalid_share_high_percent",
                     out.invalid_share_high_hundredths);
  if (!invalid.ok()) return invalid.status();
  out.invalid_share_high_hundredths = *invalid;
  const auto blank = LimitFromProto(policy.blank_share_high_percent(), "blank_share_high_percent",
                                    out.blank_share_high_hundredths);
  if (!blank.ok()) return blank.status();
  out.blank_share_high_hundredths = *blank;
  if (policy.has_polls_close_at()) out.polls_close_at = FromProto(policy.polls_close_at());
  out.two_operators = policy.two_operators();
  return out;
}

void ToProto(const election::Policy& policy, v1::Policy* out) {
  for (const auto& [rule, severity] : policy.severities) {
    (*out->mutable_severities())[std::string(election::RuleName(rule))] = ToProto(severity);
  }
  out->set_invalid_share_high_percent(LimitToProto(policy.invalid_share_high_hundredths));
  out->set_blank_share_high_percent(LimitToProto(policy.blank_share_high_hundredths));
  if (policy.polls_close_at) *out->mutable_polls_close_at() = ToProto(*policy.polls_close_at);
  out->set_two_operators(policy.two_operators);
}

absl::StatusOr<election::Election> FromProto(const v1::Election& election) {
  election::Election out;
  out.id = election.election_id();
  out.names = FromProto(election.names());
  out.languages.assign(election.languages().begin(), election.languages().end());
  out.polling_date = election.polling_date();
  out.time_zone = election.time_zone();
  if (election.has_policy()) {
    absl::StatusOr<election::Policy> policy = FromProto(election.policy());
    if (!policy.ok()) return policy.status();
    out.policy = *std::move(policy);
  }
  out.previous_election_id = election.previous_election_id();
  if (election.has_rehearsal()) out.rehearsal = election.rehearsal();
  out.notices = FromProto(election.notices());
  return out;
}

election::Candidate FromProto(const v1::Candidate& candidate) {
  election::Candidate out;
  out.id = candidate.candidate_id();
  out.names = FromProto(candidate.names());
  out.affiliations = FromProto(candidate.affiliations());
  if (candidate.has_withdrawn()) out.withdrawn = candidate.withdrawn();
  return out;
}

election::Contest FromProto(const v1::Contest& contest) {
  election::Contest out;
  out.id = contest.contest_id();
  out.names = FromProto(contest.names());
  out.area_id = contest.area_id();
  for (const v1::Candidate& candidate : contest.candidates()) {
    out.candidates.push_back(FromProto(candidate));
  }
  if (contest.has_blank_votes_valid()) out.blank_votes_valid = contest.blank_votes_valid();
  return out;
}

election::Source FromProto(const v1::Source& source) {
  election::Source out;
  out.id = source.source_id();
  if (v1::SourceKind_IsValid(source.kind())) {
    out.kind = static_cast<election::SourceKind>(source.kind());
  }
  out.names = FromProto(source.names());
  out.organisations.assign(source.organisations().begin(), source.organisations().end());
  if (source.has_visible_from()) out.visible_from = FromProto(source.visible_from());
  out.sample_tag = source.sample_tag();
  out.design_effect = source.design_effect();
  return out;
}

election::Area FromProto(const v1::Area& area) {
  return {.id = area.area_id(),
          .parent_id = area.parent_area_id(),
          .kind = area.kind(),
          .names = FromProto(area.names())};
}

election::Station FromProto(const v1::Station& station) {
  election::Station out;
  out.id = station.station_id();
  out.area_id = station.area_id();
  out.names = FromProto(station.names());
  out.tags.assign(station.tags().begin(), station.tags().end());
  if (station.has_registered_voters()) out.registered_voters = station.registered_voters();
  if (station.has_counted_at_station_id()) {
    out.counted_at_station_id = station.counted_at_station_id();
  }
  if (station.has_closed_reason()) out.closed_reason = station.closed_reason();
  return out;
}

v1::Candidate ToProto(const election::Candidate& candidate) {
  v1::Candidate out;
  out.set_candidate_id(candidate.id);
  ToProto(candidate.names, out.mutable_names());
  ToProto(candidate.affiliations, out.mutable_affiliations());
  if (candidate.withdrawn) out.set_withdrawn(*candidate.withdrawn);
  return out;
}

}  // namespace

absl::StatusOr<election::DefinitionChange> FromProto(const v1::DefinitionChange& change) {
  election::DefinitionChange out;
  if (change.has_election()) {
    absl::StatusOr<election::Election> election = FromProto(change.election());
    if (!election.ok()) return election.status();
    out.election = *std::move(election);
  }
  for (const v1::Contest& contest : change.contests()) out.contests.push_back(FromProto(contest));
  for (const v1::Source& source : change.sources()) out.sources.push_back(FromProto(source));
  for (const v1::Area& area : change.areas()) out.areas.push_back(FromProto(area));
  out.stations.reserve(static_cast<std::size_t>(change.stations_size()));
  for (const v1::Station& station : change.stations()) out.stations.push_back(FromProto(station));
  out.reason = change.reason();
  return out;
}

v1::DefinitionChange ToProto(const election::DefinitionChange& change) {
  v1::DefinitionChange out;
  if (change.election) *out.mutable_election() = ToProto(*change.election);
  for (const election::Contest& contest : change.contests) *out.add_contests() = ToProto(contest);
  for (const election::Source& source : change.sources) *out.add_sources() = ToProto(source);
  for (const election::Area& area : change.areas) *out.add_areas() = ToProto(area);
  out.mutable_stations()->Reserve(static_cast<int>(change.stations.size()));
  for (const election::Station& station : change.stations) *out.add_stations() = ToProto(station);
  out.set_reason(change.reason);
  return out;
}

v1::Election ToProto(const election::Election& election) {
  v1::Election out;
  out.set_election_id(election.id);
  ToProto(election.names, out.mutable_names());
  out.mutable_languages()->Assign(election.languages.begin(), election.languages.end());
  out.set_polling_date(election.polling_date);
  out.set_time_zone(election.time_zone);
  if (election.policy) ToProto(*election.policy, out.mutable_policy());
  out.set_previous_election_id(election.previous_election_id);
  if (election.rehearsal) out.set_rehearsal(*election.rehearsal);
  ToProto(election.notices, out.mutable_notices());
  return out;
}

v1::Contest ToProto(const election::Contest& contest) {
  v1::Contest out;
  out.set_contest_id(contest.id);
  ToProto(contest.names, out.mutable_names());
  out.set_area_id(contest.area_id);
  for (const election::Candidate& candidate : contest.candidates) {
    *out.add_candidates() = ToProto(candidate);
  }
  if (contest.blank_votes_valid) out.set_blank_votes_valid(*contest.blank_votes_valid);
  return out;
}

v1::Source ToProto(const election::Source& source) {
  v1::Source out;
  out.set_source_id(source.id);
  out.set_kind(static_cast<v1::SourceKind>(source.kind));
  ToProto(source.names, out.mutable_names());
  out.mutable_organisations()->Assign(source.organisations.begin(), source.organisations.end());
  if (source.visible_from) *out.mutable_visible_from() = ToProto(*source.visible_from);
  out.set_sample_tag(source.sample_tag);
  out.set_design_effect(source.design_effect);
  return out;
}

v1::Area ToProto(const election::Area& area) {
  v1::Area out;
  out.set_area_id(area.id);
  out.set_parent_area_id(area.parent_id);
  out.set_kind(area.kind);
  ToProto(area.names, out.mutable_names());
  return out;
}

v1::Station ToProto(const election::Station& station) {
  v1::Station out;
  out.set_station_id(station.id);
  out.set_area_id(station.area_id);
  ToProto(station.names, out.mutable_names());
  out.mutable_tags()->Assign(station.tags.begin(), station.tags.end());
  if (station.registered_voters) out.set_registered_voters(*station.registered_voters);
  if (station.counted_at_station_id) out.set_counted_at_station_id(*station.counted_at_station_id);
  if (station.closed_reason) out.set_closed_reason(*station.closed_reason);
  return out;
}

}  // namespace canvass::rpc
