#ifndef CANVASS_TESTS_SERVICES_AGGREGATOR_CALLS_RUNNING_AGGREGATOR_H_
#define CANVASS_TESTS_SERVICES_AGGREGATOR_CALLS_RUNNING_AGGREGATOR_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/aggregator/aggregator.h"
#include "tests/services/aggregator/writer/writer_stage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_ledger_store.h"

namespace canvass::aggregator {

inline std::string ReasonOf(const grpc::Status& status) {
  return DetailOf(rpc::FromGrpcStatus(status)).reason;
}

// A client call that no test waits longer for.
struct Call {
  Call() { rpc::SetDeadline(context, absl::Seconds(20)); }
  grpc::ClientContext context;
};

inline v1::RecordReportsRequest RequestOf(const std::vector<election::StationReport>& reports) {
  v1::RecordReportsRequest request;
  for (const election::StationReport& report : reports) {
    v1::SubmittedReport& submitted = *request.add_reports();
    *submitted.mutable_report() = rpc::ToProto(report);
    submitted.set_actor(report.source_id == "cec" ? "office/country" : "local");
  }
  return request;
}

// The whole service over a ledger in memory, on a port of its own, and a client.
class RunningAggregator {
 public:
  explicit RunningAggregator(const WriterOptions& options = QuickOptions()) {
    store.SetClock(clock);
    aggregator_ = *Aggregator::Start({}, ledger, clock, options);
    channel_ = rpc::NewChannel(aggregator_->address());
    reports = v1::AggregatorService::NewStub(channel_);
    elections = v1::ElectionService::NewStub(channel_);
    health_ = grpc::health::v1::Health::NewStub(channel_);
  }

  Aggregator& operator*() { return *aggregator_; }
  Aggregator* operator->() { return aggregator_.get(); }

  bool IsServing(const std::string& service) {
    Call call;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    return health_->Check(&call.context, request, &response).ok() &&
           response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  }

  void AwaitServing(bool serving) {
    while (IsServing(v1::ElectionService::service_full_name()) != serving) {
      std::this_thread::yield();
    }
  }

  grpc::Status Define(const std::vector<v1::DefineElectionRequest>& messages,
                      v1::DefineElectionResponse* response) {
    Call call;
    const auto writer = elections->DefineElection(&call.context, response);
    for (const v1::DefineElectionRequest& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  // The definition in one message.
  v1::DefineElectionResponse Define(const testing::DefinitionBuilder& definition) {
    v1::DefineElectionRequest message;
    message.set_election_id(definition.Request().election->id);
    *message.mutable_definition() = rpc::ToProto(definition.Request());
    v1::DefineElectionResponse response;
    const grpc::Status status = Define({message}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // Receipts of one message.
  std::vector<canvass::v1::Receipt> Record(const std::vector<election::StationReport>& submitted) {
    return Send(RequestOf(submitted));
  }

  // The receipt of a report that is only checked.
  canvass::v1::Receipt Validate(const election::StationReport& submitted) {
    v1::RecordReportsRequest request = RequestOf({submitted});
    request.mutable_reports(0)->set_validate_only(true);
    return Send(request).at(0);
  }

  std::vector<canvass::v1::Receipt> Send(const v1::RecordReportsRequest& request) {
    Call call;
    const auto stream = reports->RecordReports(&call.context);
    stream->Write(request);
    stream->WritesDone();
    v1::RecordReportsResponse response;
    EXPECT_TRUE(stream->Read(&response));
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.receipts().begin(), response.receipts().end()};
  }

  testing::MemoryDatabase store;
  testing::MemoryLedgerStore ledger{store};
  testing::ManualClock clock;
  std::unique_ptr<v1::AggregatorService::Stub> reports;
  std::unique_ptr<v1::ElectionService::Stub> elections;

 private:
  std::unique_ptr<Aggregator> aggregator_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_TESTS_SERVICES_AGGREGATOR_CALLS_RUNNING_AGGREGATOR_H_
