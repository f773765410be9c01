#ifndef CANVASS_SERVICES_AGGREGATOR_DEFINITION_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_DEFINITION_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "common/base/mutex.h"
#include "services/aggregator/ledger_writer.h"
#include "services/aggregator/open_streams.h"

namespace canvass::aggregator {

// Puts the messages of one definition together. Not thread-safe.
class DefinitionParts {
 public:
  static constexpr int kStationsPerMessageMax = 4'000;  // part of the contract
  // Of all messages: several times a register of a million stations.
  static constexpr std::size_t kBytesMax = 512U << 20U;

  // INVALID_ARGUMENT ELECTION_MISSING, ID_MISMATCH, ELECTION_REPEATED, TOO_MANY_STATIONS, and those
  // of the conversion; RESOURCE_EXHAUSTED DEFINITION_TOO_LARGE.
  absl::Status Add(const v1::DefineElectionRequest& message);
  // INVALID_ARGUMENT ELECTION_MISSING where there was no message. Call it once, after the last Add.
  absl::StatusOr<DefinitionRequest> Take();

 private:
  absl::Status CheckIds(const v1::DefineElectionRequest& message) const;

  DefinitionRequest whole_;
  std::size_t bytes_ = 0;
};

// One call of DefineElection. Deletes itself when the call is over.
class DefinitionStream final : public grpc::ServerReadReactor<v1::DefineElectionRequest> {
 public:
  // Each may hold a whole register in memory.
  static constexpr std::size_t kStreamsMax = 2;

  // Owns none. `taking` counts the streams that are not finished; RESOURCE_EXHAUSTED
  // TOO_MANY_DEFINITIONS beyond kStreamsMax. `response` is the call's.
  DefinitionStream(LedgerWriter& writer, OpenStreams<DefinitionStream>& streams,
                   std::atomic<std::size_t>& taking, v1::DefineElectionResponse* response);

  // Ends the call with `status`, unless its definition is complete and being recorded.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnSendInitialMetadataDone(bool ok) override;
  void OnDone() override;

 private:
  ~DefinitionStream() override = default;

  void Record(DefinitionRequest request);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LedgerWriter& writer_;
  OpenStreams<DefinitionStream>& streams_;
  std::atomic<std::size_t>& taking_;
  v1::DefineElectionResponse* const response_;
  v1::DefineElectionRequest request_;  // of the read that is going on
  DefinitionParts parts_;

  Mutex mutex_;
  bool recording_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_DEFINITION_STREAM_H_
