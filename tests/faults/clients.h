#ifndef CANVASS_TESTS_FAULTS_CLIENTS_H_
#define CANVASS_TESTS_FAULTS_CLIENTS_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "tests/faults/identities.h"
#include "tests/faults/trial_election.h"

namespace canvass::faults {

// Name under which an aggregator says whether it leads, in grpc.health.v1.
inline constexpr const char* kAggregatorHealth = "canvass.aggregator.v1.AggregatorService";

// Name under which it says that it leads, or could at once.
inline constexpr const char* kAggregatorReady = "ready";

// How long a client waits for one answer: longer than most faults, shorter than its patience.
inline constexpr absl::Duration kCallTimeout = absl::Seconds(2);

// Where the services are, and how they are called.
struct Addresses {
  std::string reporter{};
  std::string aggregators{};
  std::string publisher{};
  const Identities* identities = nullptr;  // not owned; null: without TLS
};

// Blocking calls to the services, as an ordinary client makes them, over connections of its own.
// Thread-safe.
class Clients {
 public:
  explicit Clients(const Addresses& addresses);
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  absl::Status Define(const aggregator::v1::DefineElectionRequest& request);
  absl::StatusOr<v1::Receipt> Submit(const v1::StationReport& report);
  absl::StatusOr<v1::Receipt> GetReceipt(const v1::ReportKey& key);
  // One message there, one back: through the reporter, or past it. Receipts of the first reports
  // where the call broke, with why in `status`. REQUIRES of the first: all are of one source, since
  // a caller reports for one.
  std::vector<v1::Receipt> SubmitAll(const std::vector<v1::StationReport>& reports,
                                     absl::Status& status);
  std::vector<v1::Receipt> RecordAll(const std::vector<v1::StationReport>& reports,
                                     absl::Status& status);
  using Submission = grpc::ClientReaderWriter<reporter::v1::SubmitReportsRequest,
                                              reporter::v1::SubmitReportsResponse>;
  using Recording = grpc::ClientReaderWriter<aggregator::v1::RecordReportsRequest,
                                             aggregator::v1::RecordReportsResponse>;
  std::unique_ptr<Submission> OpenSubmission(grpc::ClientContext& context,
                                             const std::string& source_id) const;
  std::unique_ptr<Recording> OpenRecording(grpc::ClientContext& context) const;
  // As the reporter passes it on.
  aggregator::v1::SubmittedReport WithActor(const v1::StationReport& report) const;
  absl::StatusOr<std::int64_t> Release(const v1::ReportKey& key);
  absl::StatusOr<std::int64_t> Annul(const v1::ReportKey& key);
  absl::StatusOr<std::int64_t> Reinstate(const v1::ReportKey& key);
  // `area_id` empty: the national result.
  absl::StatusOr<v1::Result> Read(const std::string& election_id, const std::string& source_id,
                                  const std::string& area_id, std::int64_t min_sequence);
  std::unique_ptr<grpc::ClientReader<publisher::v1::WatchResultResponse>> Watch(
      grpc::ClientContext& context, const publisher::v1::WatchResultRequest& request);
  absl::StatusOr<std::vector<v1::LedgerEntry>> ReadLedger(const std::string& election_id);
  // Rules under which reports of one station were refused, as the aggregator keeps them.
  // Keys of refused reports in the reporter's outbox.
  absl::StatusOr<std::vector<v1::ReportKey>> ReadRefusedOfOutbox(const std::string& election_id,
                                                                 const std::string& station_id);
  absl::StatusOr<std::vector<v1::RefusedReport>> ReadRefusals(const std::string& election_id,
                                                              const std::string& station_id);

 private:
  using ReporterStub = reporter::v1::StationReporterService::Stub;
  ReporterStub& ReporterFor(const std::string& source_id) const {
    return *reporters_[static_cast<std::size_t>(TrialElection::SourceNo(source_id))];
  }

  const bool with_identities_;
  std::array<std::unique_ptr<ReporterStub>, kSources> reporters_;  // of each source's submitter
  std::unique_ptr<ReporterStub> outbox_;
  std::unique_ptr<aggregator::v1::AggregatorService::Stub> recorder_;
  std::unique_ptr<aggregator::v1::AggregatorService::Stub> aggregator_;
  std::unique_ptr<aggregator::v1::ElectionService::Stub> elections_;
  std::unique_ptr<publisher::v1::PublisherService::Stub> publisher_;
};

// Whether the call may have taken effect. Only asking or sending again can tell.
bool MayHaveHappened(const absl::Status& status);
// The machine-readable reason of a refusal, else the code and the message.
std::string ReasonOf(const absl::Status& status);

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_CLIENTS_H_
