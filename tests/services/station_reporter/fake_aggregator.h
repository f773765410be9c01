#ifndef CANVASS_TESTS_SERVICES_STATION_REPORTER_FAKE_AGGREGATOR_H_
#define CANVASS_TESTS_SERVICES_STATION_REPORTER_FAKE_AGGREGATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/aggregator/v1/election_service.grpc.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/server.h"

namespace canvass::station_reporter {

// Answers with the elections that it was told, one on a page.
class FakeElections final : public aggregator::v1::ElectionService::Service {
 public:
  void Set(std::vector<std::string> ids);

  grpc::Status ListElections(grpc::ServerContext* context,
                             const aggregator::v1::ListElectionsRequest* request,
                             aggregator::v1::ListElectionsResponse* response) override;

 private:
  Mutex mutex_;
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
};

// An aggregator on a port of its own that records what it is told to. It answers a report
//  - of a station "bad..." with REFUSED, rule VOTES_NOT_BALANCED; "held..." with HELD;
//  - of any other station with RECORDED, and the next sequence.
// Blocks threads: two for each stream.
class FakeAggregator final : public aggregator::v1::AggregatorService::Service {
 public:
  // Serves at `listen_address`, and is active. It has the elections, without which it knows every
  // election all the same.
  explicit FakeAggregator(const std::string& listen_address = "127.0.0.1:0",
                          std::vector<std::string> elections = {});
  ~FakeAggregator() override;

  std::string address() const { return server_->address(); }
  void SetActive(bool active);

  // From now on messages are read and not answered until Resume.
  void Pause();
  void Resume();
  // Cancels every stream, without answering what it read.
  void BreakStreams();
  // From now on receipts have entry hashes, 64 times this digit, and ListLedgerEntries has one
  // entry of each sequence up to the last one, with the same hash.
  void HashEntries(char digit);
  // Entries after this one were never there.
  void ForgetAfter(int sequence);
  // From now on each message is answered with a receipt too many.
  void AnswerTooMuch();

  // Everything that was read, in order.
  std::vector<aggregator::v1::SubmittedReport> received() const;
  int messages() const;
  // Blocks until so many reports were read; false after 20 s.
  bool WaitForReports(std::size_t count) const;

  grpc::Status RecordReports(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<aggregator::v1::RecordReportsResponse,
                               aggregator::v1::RecordReportsRequest>* stream) override;
  grpc::Status ListLedgerEntries(grpc::ServerContext* context,
                                 const aggregator::v1::ListLedgerEntriesRequest* request,
                                 aggregator::v1::ListLedgerEntriesResponse* response) override;
  grpc::Status GetReceipt(grpc::ServerContext* context,
                          const aggregator::v1::GetReceiptRequest* request,
                          aggregator::v1::GetReceiptResponse* response) override;

 private:
  int breaks_now() const;
  aggregator::v1::RecordReportsResponse AnswerTo(
      const aggregator::v1::RecordReportsRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::Receipt ReceiptOf(const aggregator::v1::SubmittedReport& submitted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FakeElections elections_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool too_much_ ABSL_GUARDED_BY(mutex_) = false;
  int breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  int messages_ ABSL_GUARDED_BY(mutex_) = 0;
  int sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string entry_hash_ ABSL_GUARDED_BY(mutex_);
  std::vector<aggregator::v1::SubmittedReport> received_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace canvass::station_reporter

#endif  // CANVASS_TESTS_SERVICES_STATION_REPORTER_FAKE_AGGREGATOR_H_
