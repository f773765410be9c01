#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_DECISION_CALLS_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_DECISION_CALLS_H_

#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "services/aggregator/writer/write_request.h"

// Decisions that requests of ElectionService propose to the writer.
namespace canvass::aggregator {

// The caller and the actor are still to be set. Each returns the error of rpc::CheckMessage if
// something of the request would be lost.
absl::StatusOr<ProposedDecision> DecisionOf(const v1::PublishPollFiguresRequest& request);
absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReleaseReportRequest& request);
absl::StatusOr<ProposedDecision> DecisionOf(const v1::AnnulReportRequest& request);
absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReinstateReportRequest& request);
absl::StatusOr<ProposedDecision> DecisionOf(const v1::CertifyResultRequest& request);
// Also returns INVALID_ARGUMENT STATUS_INVALID.
absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReopenContestRequest& request);
absl::StatusOr<ProposedDecision> DecisionOf(const v1::WithdrawSealRequest& request);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_DECISION_CALLS_H_
