#include "tests/services/station_reporter/fake_aggregator.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/rpc/status.h"
#include "gtest/gtest.h"

namespace canvass::station_reporter {
namespace {

using aggregator::v1::AggregatorService;
using aggregator::v1::RecordReportsRequest;
using aggregator::v1::RecordReportsResponse;

}  // namespace

void FakeElections::Set(std::vector<std::string> ids) {
  const MutexLock lock(mutex_);
  ids_ = std::move(ids);
}

grpc::Status FakeElections::ListElections(grpc::ServerContext* /*context*/,
                                          const aggregator::v1::ListElectionsRequest* request,
                                          aggregator::v1::ListElectionsResponse* response) {
  const MutexLock lock(mutex_);
  const auto next = static_cast<std::size_t>(
      std::count(request->page_token().begin(), request->page_token().end(), '+'));
  if (next < ids_.size()) response->add_elections()->set_election_id(ids_[next]);
  if (next + 1 < ids_.size()) response->set_next_page_token(request->page_token() + "+");
  return grpc::Status::OK;
}

FakeAggregator::FakeAggregator(const std::string& listen_address,
                               std::vector<std::string> elections) {
  elections_.Set(std::move(elections));
  auto server = rpc::Server::Start(
      {.listen_address = listen_address, .drain_timeout = absl::Milliseconds(200)},
      {this, &elections_});
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  SetActive(true);
}

FakeAggregator::~FakeAggregator() {
  server_->Stop([this] { BreakStreams(); });
}

void FakeAggregator::SetActive(bool active) {
  server_->SetServing(AggregatorService::service_full_name(), active);
}

void FakeAggregator::Pause() {
  const MutexLock lock(mutex_);
  paused_ = true;
}

void FakeAggregator::Resume() {
  const MutexLock lock(mutex_);
  paused_ = false;
  changed_.NotifyAll();
}

void FakeAggregator::BreakStreams() {
  const MutexLock lock(mutex_);
  ++breaks_;
  changed_.NotifyAll();
}

void FakeAggregator::AnswerTooMuch() {
  const MutexLock lock(mutex_);
  too_much_ = true;
}

std::vector<aggregator::v1::SubmittedReport> FakeAggregator::received() const {
  const MutexLock lock(mutex_);
  return received_;
}

int FakeAggregator::messages() const {
  const MutexLock lock(mutex_);
  return messages_;
}

bool FakeAggregator::WaitForReports(std::size_t count) const {
  const MutexLock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (received_.size() < count && std::chrono::steady_clock::now() < until) {
    changed_.WaitFor(mutex_, std::chrono::milliseconds(100));
  }
  return received_.size() >= count;
}

grpc::Status FakeAggregator::RecordReports(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<RecordReportsResponse, RecordReportsRequest>* stream) {
  std::deque<RecordReportsRequest> unanswered;  // guarded by mutex_
  bool read_all = false;                        // guarded by mutex_
  const int breaks = breaks_now();
  std::thread answerer([&] {
    const MutexLock lock(mutex_);
    while (breaks_ == breaks && !(read_all && unanswered.empty()) && !context->IsCancelled()) {
      if (paused_ || unanswered.empty()) {
        changed_.WaitFor(mutex_, std::chrono::milliseconds(20));
        continue;
      }
      stream->Write(AnswerTo(unanswered.front()));
      unanswered.pop_front();
    }
    if (breaks_ != breaks) context->TryCancel();
  });
  RecordReportsRequest request;
  while (stream->Read(&request)) {
    const MutexLock lock(mutex_);
    ++messages_;
    for (const auto& submitted : request.reports()) received_.push_back(submitted);
    unanswered.push_back(request);
    changed_.NotifyAll();
  }
  {
    const MutexLock lock(mutex_);
    read_all = true;
    changed_.NotifyAll();
  }
  answerer.join();
  return grpc::Status::OK;
}

int FakeAggregator::breaks_now() const {
  const MutexLock lock(mutex_);
  return breaks_;
}

RecordReportsResponse FakeAggregator::AnswerTo(const RecordReportsRequest& request) {
  RecordReportsResponse response;
  for (const auto& submitted : request.reports()) *response.add_receipts() = ReceiptOf(submitted);
  if (too_much_) response.add_receipts();
  return response;
}

void FakeAggregator::HashEntries(char digit) {
  const MutexLock lock(mutex_);
  entry_hash_ = std::string(64, digit);
}

void FakeAggregator::ForgetAfter(int sequence) {
  const MutexLock lock(mutex_);
  sequence_ = sequence;
}

grpc::Status FakeAggregator::ListLedgerEntries(
    grpc::ServerContext* /*context*/, const aggregator::v1::ListLedgerEntriesRequest* request,
    aggregator::v1::ListLedgerEntriesResponse* response) {
  const MutexLock lock(mutex_);
  if (request->from_sequence() > sequence_) return grpc::Status::OK;
  v1::LedgerEntry& entry = *response->add_entries();
  entry.set_sequence(request->from_sequence());
  entry.set_entry_hash(entry_hash_);
  return grpc::Status::OK;
}

grpc::Status FakeAggregator::GetReceipt(grpc::ServerContext* /*context*/,
                                        const aggregator::v1::GetReceiptRequest* request,
                                        aggregator::v1::GetReceiptResponse* response) {
  const MutexLock lock(mutex_);
  if (request->key().station_id() == "slow") {
    while (paused_) changed_.WaitFor(mutex_, std::chrono::milliseconds(100));
  }
  if (request->key().station_id() == "unknown") {
    return rpc::ToGrpcStatus(MakeError(reason::kReportUnknown, "never recorded"));
  }
  if (absl::EndsWith(request->key().station_id(), "-sealed")) {
    return rpc::ToGrpcStatus(MakeError(reason::kSourceEmbargoed, "nothing is said about it"));
  }
  *response->mutable_receipt()->mutable_key() = request->key();
  response->mutable_receipt()->set_state(v1::RECEIPT_STATE_RECORDED);
  return grpc::Status::OK;
}

v1::Receipt FakeAggregator::ReceiptOf(const aggregator::v1::SubmittedReport& submitted) {
  const v1::StationReport& report = submitted.report();
  v1::Receipt receipt;
  receipt.mutable_key()->set_election_id(report.election_id());
  receipt.mutable_key()->set_station_id(report.station_id());
  if (absl::StartsWith(report.station_id(), "bad")) {
    receipt.set_state(v1::RECEIPT_STATE_REFUSED);
    v1::Finding& finding = *receipt.add_findings();
    finding.set_rule("VOTES_NOT_BALANCED");
    finding.set_severity(v1::SEVERITY_REJECT);
    finding.set_field("ballots.ballots_cast");
    finding.set_message("505 and 510");
    return receipt;
  }
  receipt.set_state(absl::StartsWith(report.station_id(), "held") ? v1::RECEIPT_STATE_HELD
                                                                  : v1::RECEIPT_STATE_RECORDED);
  if (!submitted.validate_only()) {
    receipt.set_sequence(++sequence_);
    receipt.set_entry_hash(entry_hash_);
  }
  return receipt;
}

}  // namespace canvass::station_reporter
