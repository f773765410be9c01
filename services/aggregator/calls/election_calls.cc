#include "services/aggregator/calls/election_calls.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/election/decision_check.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/page.h"
#include "common/rpc/result_proto.h"

namespace canvass::aggregator {

absl::Status GetElection(const CommittedLedgers::Contents& committed,
                         const v1::GetElectionRequest& request, absl::Time now,
                         v1::GetElectionResponse& response) {
  const absl::StatusOr<const ledger::ElectionLedger*> ledger = committed.Get(request.election_id());
  if (!ledger.ok()) return ledger.status();
  const election::Definition& definition = (*ledger)->count().definition();
  *response.mutable_election() = rpc::ToProto(definition.election());
  for (const election::Contest& contest : definition.contests()) {
    *response.add_contests() = rpc::ToProto(contest);
  }
  for (const election::Source& source : definition.sources()) {
    *response.add_sources() = rpc::ToProto(source);
  }
  *response.mutable_as_of() = rpc::AsOfOf(**ledger, committed.ledger_id, now);
  return absl::OkStatus();
}

namespace {

// Newest polling date first, then by id.
std::vector<const election::Election*> ElectionsInOrder(
    const CommittedLedgers::Contents& committed) {
  std::vector<const election::Election*> elections;
  for (const auto& [election_id, ledger] : committed.ledgers) {
    if (!ledger->count().defined()) continue;
    elections.push_back(&ledger->count().definition().election());
  }
  std::stable_sort(elections.begin(), elections.end(),
                   [](const auto* a, const auto* b) { return a->polling_date > b->polling_date; });
  return elections;
}

}  // namespace

// The position in the page token is the number of elections before the page.
absl::Status ListElections(const CommittedLedgers::Contents& committed,
                           const v1::ListElectionsRequest& request,
                           v1::ListElectionsResponse& response) {
  const absl::StatusOr<rpc::PageRequest> page = rpc::PageRequest::Read(
      request.page_size(), request.page_token(), rpc::FilterHash({"elections"}));
  if (!page.ok()) return page.status();
  const std::vector<const election::Election*> elections = ElectionsInOrder(committed);
  const auto count = static_cast<std::int64_t>(elections.size());
  const absl::StatusOr<std::int64_t> first = page->Start(0, {.lowest = 1, .highest = count});
  if (!first.ok()) return first.status();
  const std::int64_t end = std::min(*first + page->size(), count);
  for (std::int64_t i = *first; i < end; ++i) {
    *response.add_elections() = rpc::ToProto(*elections[static_cast<std::size_t>(i)]);
  }
  if (end < count) response.set_next_page_token(page->TokenAt(end));
  return absl::OkStatus();
}

absl::Status GetCertifiedResult(const CommittedLedgers::Contents& committed,
                                const v1::CertifyResultRequest& request, absl::Time now,
                                v1::CertifyResultResponse& response) {
  const absl::StatusOr<const ledger::ElectionLedger*> ledger = committed.Get(request.election_id());
  if (!ledger.ok()) return ledger.status();
  const election::Definition& definition = (*ledger)->count().definition();
  const absl::StatusOr<int> contest_no = election::ResolveContest(definition, request.contest_id());
  const absl::StatusOr<int> source_no =
      election::ResolveOfficialOrNamedSource(definition, request.source_id());
  if (!contest_no.ok()) return contest_no.status();
  if (!source_no.ok()) return source_no.status();
  *response.mutable_result() = rpc::CertifiedResultOf(
      **ledger, *contest_no, *source_no, rpc::AsOfOf(**ledger, committed.ledger_id, now));
  return absl::OkStatus();
}

}  // namespace canvass::aggregator
