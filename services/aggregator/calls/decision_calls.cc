#include "services/aggregator/calls/decision_calls.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/count.h"
#include "common/election/decision_check.h"
#include "common/election/seal_check.h"
#include "common/rpc/message_faults.h"
#include "common/rpc/report_proto.h"

namespace canvass::aggregator {
namespace {

using Check = decltype(ProposedDecision::check);

// Checks that nothing of `request` would be lost.
absl::StatusOr<ProposedDecision> Propose(const google::protobuf::Message& request,
                                         const std::string& election_id,
                                         std::optional<std::string> source_id, Check check) {
  absl::Status status = rpc::CheckMessage(request);
  if (!status.ok()) return status;
  return ProposedDecision{
      .election_id = election_id,
      .bytes = 2 * request.SpaceUsedLong(),  // the request, and what `check` has of it
      .source_id = std::move(source_id),
      .check = std::move(check)};
}

// The fields that all decisions about a report have in common.
template <typename Request>
election::ReportDecisionRequest ReportDecisionOf(const Request& request) {
  return {.key = rpc::FromProto(request.key()),
          .reason = request.reason(),
          .documents = rpc::FromProto(request.documents())};
}

election::CertificationRequest CertificationOf(const v1::CertifyResultRequest& request) {
  return {.contest_id = request.contest_id(),
          .source_id = request.source_id(),
          .expected_sequence = request.expected_sequence(),
          .elected_candidate_ids = {request.elected_candidate_ids().begin(),
                                    request.elected_candidate_ids().end()},
          .reason = request.reason(),
          .accept_incomplete = request.accept_incomplete(),
          .documents = rpc::FromProto(request.documents())};
}

absl::StatusOr<election::ReopeningStatus> ReopeningStatusOf(canvass::v1::ResultStatus status) {
  switch (status) {
    case canvass::v1::RESULT_STATUS_CORRECTION:
      return election::ReopeningStatus::kCorrection;
    case canvass::v1::RESULT_STATUS_RECOUNT:
      return election::ReopeningStatus::kRecount;
    default:
      return FieldError(reason::kStatusInvalid, "status", "is neither RECOUNT nor CORRECTION");
  }
}

}  // namespace

absl::StatusOr<ProposedDecision> DecisionOf(const v1::PublishPollFiguresRequest& request) {
  return Propose(request, request.figures().election_id(), request.figures().source_id(),
                 [figures = rpc::FromProto(request.figures())](const election::Count& count,
                                                               std::int64_t /*last_sequence*/) {
                   return election::CheckPollFigures(count, figures);
                 });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReleaseReportRequest& request) {
  return Propose(request, request.key().election_id(), request.key().source_id(),
                 [decision = ReportDecisionOf(request)](const election::Count& count,
                                                        std::int64_t /*last_sequence*/) {
                   return election::CheckRelease(count, decision);
                 });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::AnnulReportRequest& request) {
  election::ReportDecisionRequest decision = ReportDecisionOf(request);
  decision.station_expected_again = request.station_expected_again();
  return Propose(request, request.key().election_id(), request.key().source_id(),
                 [decision = std::move(decision)](const election::Count& count,
                                                  std::int64_t /*last_sequence*/) {
                   return election::CheckAnnulment(count, decision);
                 });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReinstateReportRequest& request) {
  return Propose(request, request.key().election_id(), request.key().source_id(),
                 [decision = ReportDecisionOf(request)](const election::Count& count,
                                                        std::int64_t /*last_sequence*/) {
                   return election::CheckReinstatement(count, decision);
                 });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::CertifyResultRequest& request) {
  return Propose(request, request.election_id(), request.source_id(),
                 [certification = CertificationOf(request)](const election::Count& count,
                                                            std::int64_t last_sequence) {
                   return election::CheckCertification(count, last_sequence, certification);
                 });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::ReopenContestRequest& request) {
  const absl::StatusOr<election::ReopeningStatus> status = ReopeningStatusOf(request.status());
  if (!status.ok()) return status.status();
  return Propose(
      request, request.election_id(), request.source_id(),
      [reopening = election::ReopeningRequest{.contest_id = request.contest_id(),
                                              .source_id = request.source_id(),
                                              .status = *status,
                                              .reason = request.reason(),
                                              .documents = rpc::FromProto(request.documents())}](
          const election::Count& count, std::int64_t /*last_sequence*/) {
        return election::CheckReopening(count, reopening);
      });
}

absl::StatusOr<ProposedDecision> DecisionOf(const v1::WithdrawSealRequest& request) {
  return Propose(
      request, request.election_id(), /*source_id=*/std::nullopt,
      [withdrawal =
           election::SealWithdrawalRequest{.seal_sequence = request.seal_sequence(),
                                           .reason = request.reason(),
                                           .documents = rpc::FromProto(request.documents())}](
          const election::Count& count, std::int64_t /*last_sequence*/) {
        return election::CheckSealWithdrawal(count, withdrawal);
      });
}

}  // namespace canvass::aggregator
