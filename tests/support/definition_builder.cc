#include "tests/support/definition_builder.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"

namespace canvass::testing {
namespace {

std::vector<election::Candidate> MakeCandidates(const std::vector<std::string>& ids) {
  std::vector<election::Candidate> candidates;
  candidates.reserve(ids.size());
  for (const std::string& id : ids) {
    candidates.push_back({.id = id, .names = {{"en", "Candidate " + id}}});
  }
  return candidates;
}

}  // namespace

election::Station MakeStation(std::string id, std::string area_id, int registered_voters,
                              std::vector<std::string> tags) {
  return {.id = std::move(id),
          .area_id = std::move(area_id),
          .tags = std::move(tags),
          .registered_voters = registered_voters};
}

DefinitionBuilder::DefinitionBuilder() {
  parts_.election = election::Election{.id = "e-1",
                                       .names = {{"en", "Election"}},
                                       .languages = {"en"},
                                       .polling_date = "2024-02-07",
                                       .time_zone = "Asia/Baku"};
  parts_.areas.push_back({.id = "country", .kind = "country", .names = {{"en", "Country"}}});
  parts_.sources.push_back({.id = "cec",
                            .kind = election::SourceKind::kOfficial,
                            .names = {{"en", "Commission"}},
                            .organisations = {"Commission"}});
  WithContest("president", "country", {"a", "b", "c"});
}

DefinitionBuilder& DefinitionBuilder::WithElectionId(std::string id) {
  parts_.election->id = std::move(id);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithPolicy(election::Policy policy) {
  parts_.election->policy = std::move(policy);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithSeverity(election::Rule rule,
                                                   election::Severity severity) {
  if (!parts_.election->policy) parts_.election->policy.emplace();
  auto& severities = parts_.election->policy->severities;
  severities.emplace_back(rule, severity);
  std::sort(severities.begin(), severities.end());
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithCandidates(const std::vector<std::string>& ids) {
  parts_.contests.front().candidates = MakeCandidates(ids);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithContest(std::string id, std::string area_id,
                                                  const std::vector<std::string>& candidate_ids) {
  parts_.contests.push_back({.id = std::move(id),
                             .names = {{"en", "Contest"}},
                             .area_id = std::move(area_id),
                             .candidates = MakeCandidates(candidate_ids)});
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithSource(election::Source source) {
  if (source.names.empty()) source.names = {{"en", source.id}};
  if (source.organisations.empty()) source.organisations = {source.id};
  parts_.sources.push_back(std::move(source));
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithArea(std::string id, std::string parent_id) {
  parts_.areas.push_back({.id = id,
                          .parent_id = std::move(parent_id),
                          .kind = "region",
                          .names = {{"en", "Area " + id}}});
  return *this;
}

DefinitionBuilder& DefinitionBuilder::WithStation(election::Station station) {
  parts_.stations.push_back(std::move(station));
  return *this;
}

election::DefinitionChange DefinitionBuilder::Build() const {
  const election::Count nothing_counted;
  absl::StatusOr<election::DefinitionChange> change =
      election::CheckDefinitionChange(nullptr, nothing_counted, parts_);
  if (!change.ok()) {
    std::fprintf(stderr, "DefinitionBuilder: %s\n", change.status().ToString().c_str());
    std::abort();
  }
  return *std::move(change);
}

election::Definition DefinitionBuilder::BuildDefinition() const {
  election::Definition definition;
  definition.Apply(Build());
  return definition;
}

}  // namespace canvass::testing
