#include "tests/faults/clients.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/election/actor.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace canvass::faults {
namespace {

constexpr int kPageSize = 1000;

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

// Sends the one message of a call and takes receipts until there is one for each report.
template <typename Stream, typename Request, typename Response>
std::vector<v1::Receipt> Converse(Stream& stream, const Request& request, Response response,
                                  std::size_t reports, absl::Status& status) {
  std::vector<v1::Receipt> receipts;
  if (stream.Write(request)) stream.WritesDone();
  while (receipts.size() < reports && stream.Read(&response)) {
    receipts.insert(receipts.end(), response.receipts().begin(), response.receipts().end());
  }
  const grpc::Status ended = stream.Finish();
  status = ended.ok() ? absl::OkStatus() : rpc::FromGrpcStatus(ended);
  return receipts;
}

template <typename Request>
Request ForDecision(const v1::ReportKey& key) {
  Request request;
  *request.mutable_key() = key;
  request.set_reason("decided in a trial");
  return request;
}

template <typename Response>
absl::StatusOr<std::int64_t> SequenceOf(const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return response->sequence();
}

// The text without "ipv4:127.0.0.1:1234 " and the like, so that the same errors count together.
std::string WithoutAddresses(std::string text) {
  constexpr std::string_view kScheme = "ipv4:";
  for (std::size_t start = text.find(kScheme); start != std::string::npos;
       start = text.find(kScheme, start)) {
    const std::size_t end = text.find_first_not_of("0123456789.: ", start + kScheme.size());
    text.erase(start, end == std::string::npos ? end : end - start);
  }
  return text;
}

}  // namespace

Clients::Clients(const Addresses& addresses) : with_identities_(addresses.identities != nullptr) {
  const auto channel = [&addresses](const std::string& target, const std::string& identity,
                                    const char* health_service) {
    std::shared_ptr<rpc::ChannelTls> tls;
    if (addresses.identities != nullptr) tls = addresses.identities->ChannelsOf(identity);
    return rpc::NewChannel(target, {.health_service = health_service, .tls = std::move(tls)});
  };
  for (int source = 0; source < kSources; ++source) {
    reporters_.at(static_cast<std::size_t>(source)) = reporter::v1::StationReporterService::NewStub(
        channel(addresses.reporter, Identities::SubmitterOf(source), ""));
  }
  outbox_ = reporter::v1::StationReporterService::NewStub(
      channel(addresses.reporter, Identities::kOperator, ""));
  recorder_ = aggregator::v1::AggregatorService::NewStub(
      channel(addresses.aggregators, Identities::kReporter, kAggregatorHealth));
  aggregator_ = aggregator::v1::AggregatorService::NewStub(
      channel(addresses.aggregators, Identities::kOperator, kAggregatorHealth));
  elections_ = aggregator::v1::ElectionService::NewStub(
      channel(addresses.aggregators, Identities::kOperator, kAggregatorHealth));
  publisher_ = publisher::v1::PublisherService::NewStub(
      channel(addresses.publisher, Identities::kOperator, ""));
}

Clients::~Clients() = default;

absl::Status Clients::Define(const aggregator::v1::DefineElectionRequest& request) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  aggregator::v1::DefineElectionResponse response;
  const auto stream = elections_->DefineElection(&context, &response);
  if (stream->Write(request)) stream->WritesDone();
  const grpc::Status status = stream->Finish();
  return status.ok() ? absl::OkStatus() : rpc::FromGrpcStatus(status);
}

absl::StatusOr<v1::Receipt> Clients::Submit(const v1::StationReport& report) {
  reporter::v1::SubmitReportRequest request;
  *request.mutable_report() = report;
  auto response = Call(ReporterFor(report.source_id()), &ReporterStub::SubmitReport, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_receipt());
}

absl::StatusOr<v1::Receipt> Clients::GetReceipt(const v1::ReportKey& key) {
  reporter::v1::GetReceiptRequest request;
  *request.mutable_key() = key;
  auto response = Call(ReporterFor(key.source_id()), &ReporterStub::GetReceipt, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_receipt());
}

std::vector<v1::Receipt> Clients::SubmitAll(const std::vector<v1::StationReport>& reports,
                                            absl::Status& status) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  reporter::v1::SubmitReportsRequest request;
  for (const v1::StationReport& report : reports) *request.add_reports() = report;
  const auto stream = OpenSubmission(context, reports.front().source_id());
  return Converse(*stream, request, reporter::v1::SubmitReportsResponse(), reports.size(), status);
}

std::vector<v1::Receipt> Clients::RecordAll(const std::vector<v1::StationReport>& reports,
                                            absl::Status& status) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, kCallTimeout);
  aggregator::v1::RecordReportsRequest request;
  for (const v1::StationReport& report : reports) *request.add_reports() = WithActor(report);
  const auto stream = OpenRecording(context);
  return Converse(*stream, request, aggregator::v1::RecordReportsResponse(), reports.size(),
                  status);
}

std::unique_ptr<Clients::Submission> Clients::OpenSubmission(grpc::ClientContext& context,
                                                             const std::string& source_id) const {
  return ReporterFor(source_id).SubmitReports(&context);
}

std::unique_ptr<Clients::Recording> Clients::OpenRecording(grpc::ClientContext& context) const {
  return recorder_->RecordReports(&context);
}

aggregator::v1::SubmittedReport Clients::WithActor(const v1::StationReport& report) const {
  aggregator::v1::SubmittedReport submitted;
  *submitted.mutable_report() = report;
  submitted.set_actor(with_identities_
                          ? Identities::SubmitterOf(TrialElection::SourceNo(report.source_id()))
                          : election::kLocalActor);
  return submitted;
}

absl::StatusOr<std::int64_t> Clients::Release(const v1::ReportKey& key) {
  return SequenceOf(Call(*elections_, &aggregator::v1::ElectionService::Stub::ReleaseReport,
                         ForDecision<aggregator::v1::ReleaseReportRequest>(key)));
}

absl::StatusOr<std::int64_t> Clients::Annul(const v1::ReportKey& key) {
  return SequenceOf(Call(*elections_, &aggregator::v1::ElectionService::Stub::AnnulReport,
                         ForDecision<aggregator::v1::AnnulReportRequest>(key)));
}

absl::StatusOr<std::int64_t> Clients::Reinstate(const v1::ReportKey& key) {
  return SequenceOf(Call(*elections_, &aggregator::v1::ElectionService::Stub::ReinstateReport,
                         ForDecision<aggregator::v1::ReinstateReportRequest>(key)));
}

absl::StatusOr<v1::Result> Clients::Read(const std::string& election_id,
                                         const std::string& source_id, const std::string& area_id,
                                         std::int64_t min_sequence) {
  const auto result_of = [](auto response) -> absl::StatusOr<v1::Result> {
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_result());
  };
  const auto fill = [&](auto request) {
    request.set_election_id(election_id);
    request.set_source_id(source_id);
    request.set_min_sequence(min_sequence);
    return request;
  };
  using Stub = publisher::v1::PublisherService::Stub;
  if (area_id.empty()) {
    return result_of(Call(*publisher_, &Stub::GetNationalResult,
                          fill(publisher::v1::GetNationalResultRequest())));
  }
  auto request = fill(publisher::v1::GetAreaResultRequest());
  request.set_area_id(area_id);
  return result_of(Call(*publisher_, &Stub::GetAreaResult, request));
}

std::unique_ptr<grpc::ClientReader<publisher::v1::WatchResultResponse>> Clients::Watch(
    grpc::ClientContext& context, const publisher::v1::WatchResultRequest& request) {
  return publisher_->WatchResult(&context, request);
}

absl::StatusOr<std::vector<v1::LedgerEntry>> Clients::ReadLedger(const std::string& election_id) {
  std::vector<v1::LedgerEntry> entries;
  aggregator::v1::ListLedgerEntriesRequest request;
  request.set_election_id(election_id);
  request.set_page_size(kPageSize);
  do {
    auto page =
        Call(*aggregator_, &aggregator::v1::AggregatorService::Stub::ListLedgerEntries, request);
    if (!page.ok()) return page.status();
    entries.insert(entries.end(), page->entries().begin(), page->entries().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return entries;
}

absl::StatusOr<std::vector<v1::RefusedReport>> Clients::ReadRefusals(
    const std::string& election_id, const std::string& station_id) {
  aggregator::v1::ListRefusedReportsRequest request;
  request.set_election_id(election_id);
  request.set_station_id(station_id);
  request.set_page_size(kPageSize);
  auto page =
      Call(*aggregator_, &aggregator::v1::AggregatorService::Stub::ListRefusedReports, request);
  if (!page.ok()) return page.status();
  return std::vector<v1::RefusedReport>(page->reports().begin(), page->reports().end());
}

absl::StatusOr<std::vector<v1::ReportKey>> Clients::ReadRefusedOfOutbox(
    const std::string& election_id, const std::string& station_id) {
  reporter::v1::ListOutboxRequest request;
  request.set_election_id(election_id);
  request.set_station_id(station_id);
  request.set_state(v1::RECEIPT_STATE_REFUSED);
  request.set_page_size(kPageSize);
  auto page = Call(*outbox_, &ReporterStub::ListOutbox, request);
  if (!page.ok()) return page.status();
  std::vector<v1::ReportKey> keys;
  for (const auto& each : page->reports()) keys.push_back(each.receipt().key());
  return keys;
}

bool MayHaveHappened(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return DetailOf(status).reason != "REVISION_MOVED";
    default:
      return false;
  }
}

std::string ReasonOf(const absl::Status& status) {
  std::string reason = DetailOf(status).reason;
  if (!reason.empty()) return reason;
  return StrCat(absl::StatusCodeToString(status.code()), ": ",
                WithoutAddresses(std::string(status.message())));
}

}  // namespace canvass::faults
