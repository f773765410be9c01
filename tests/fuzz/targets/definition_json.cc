// Files of `canvass define`, to the definition that they make.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/v1/ledger.pb.h"
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"
#include "common/rpc/definition_proto.h"
#include "services/aggregator/calls/definition_stream.h"
#include "services/canvass/clients/definition_messages.h"
#include "services/canvass/terminal/proto_json.h"
#include "tests/fuzz/target.h"
#include "tests/support/small_election.h"

namespace canvass::fuzz {
namespace {

// What an aggregator gets of the file; its error.
absl::StatusOr<election::DefinitionChange> Sent(const v1::DefinitionChange& change) {
  aggregator::DefinitionParts parts;
  for (const auto& message : cli::DefinitionMessages(change, /*validate_only=*/false)) {
    const absl::Status added = parts.Add(message);
    if (!added.ok()) return added;
  }
  const absl::StatusOr<aggregator::ProposedDefinition> whole = parts.Take();
  if (!whole.ok()) return whole.status();
  return whole->change;
}

void RunDefinitionJson(std::string_view text) {
  v1::DefinitionChange change;
  const absl::Status parsed = cli::ParseProtoJson(text, "election.json", change);
  if (!parsed.ok()) return RequireReason(parsed);
  if (change.election().election_id().empty()) return;  // the aggregator is asked for it first
  const absl::StatusOr<election::DefinitionChange> sent = Sent(change);
  if (!sent.ok()) return RequireGoodError(sent.status());
  const absl::StatusOr<election::DefinitionChange> checked =
      election::CheckDefinitionChange(nullptr, election::Count(), *sent);
  if (!checked.ok()) return RequireGoodError(checked.status());
  election::Definition definition;
  definition.Apply(*checked);
  Require(definition.stations().size() == checked->stations.size(), "every station is defined");
  const absl::StatusOr<election::DefinitionChange> again = rpc::FromProto(rpc::ToProto(*checked));
  Require(again.ok() && again->stations == checked->stations && again->areas == checked->areas &&
              again->contests == checked->contests && again->sources == checked->sources &&
              again->election == checked->election,
          "a definition that is written is read as the same");
  const auto same = election::CheckDefinitionChange(&definition, election::Count(), *sent);
  Require(same.ok() && same->Parts() == 0, "the same definition changes nothing");
}

std::vector<std::string> DefinitionJsonSeeds() {
  return {testing::SmallDefinition("town"),
          R"({"election": {"electionId": "e", "names": {"en": "E"}, "pollingDate": "2025-06-01",
 "timeZone": "Europe/Paris", "policy": {"severities": {"CAST_ABOVE_REGISTERED": "SEVERITY_WARN"},
 "pollsCloseAt": "2025-06-01T18:00:00Z"}},
 "contests": [{"contestId": "m", "candidates": [{"candidateId": "a", "names": {"en": "A"},
 "affiliations": {"en": "P"}}, {"candidateId": "b", "withdrawn": true}], "seats": 1}],
 "sources": [{"sourceId": "o", "kind": "SOURCE_KIND_OFFICIAL"}, {"sourceId": "p",
 "kind": "SOURCE_KIND_EXIT_POLL", "visibleFrom": "2025-06-01T18:00:00Z", "designEffect": "1.6",
 "sampleTag": "t"}], "areas": [{"areaId": "c", "kind": "country"}, {"areaId": "n",
 "parentAreaId": "c", "kind": "region"}], "stations": [{"stationId": "s", "areaId": "n",
 "registeredVoters": "500", "tags": ["t"]}], "reason": "first"})",
          R"({"election": {"electionId": "e"}, "stations": [{}]})", "{", "[]"};
}

const Registration kDefinitionJson({.name = "definition_json",
                                    .run = RunDefinitionJson,
                                    .seeds = DefinitionJsonSeeds});

}  // namespace
}  // namespace canvass::fuzz
