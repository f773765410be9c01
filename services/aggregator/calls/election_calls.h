#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_CALLS_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_CALLS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "services/aggregator/writer/committed_ledgers.h"

// Answers of ElectionService that read the committed ledgers. The proto says what each call
// returns. `now` is when the ledgers were read.
namespace canvass::aggregator {

absl::Status GetElection(const CommittedLedgers::Contents& committed,
                         const v1::GetElectionRequest& request, absl::Time now,
                         v1::GetElectionResponse& response);
absl::Status ListElections(const CommittedLedgers::Contents& committed,
                           const v1::ListElectionsRequest& request,
                           v1::ListElectionsResponse& response);
// The newest certified result. REQUIRES: the contest was certified.
absl::Status GetCertifiedResult(const CommittedLedgers::Contents& committed,
                                const v1::CertifyResultRequest& request, absl::Time now,
                                v1::CertifyResultResponse& response);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_ELECTION_CALLS_H_
