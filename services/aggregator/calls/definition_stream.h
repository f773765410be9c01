#ifndef CANVASS_SERVICES_AGGREGATOR_CALLS_DEFINITION_STREAM_H_
#define CANVASS_SERVICES_AGGREGATOR_CALLS_DEFINITION_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "common/base/mutex.h"
#include "common/rpc/call_shares.h"
#include "services/aggregator/calls/open_streams.h"
#include "services/aggregator/writer/ledger_writer.h"

namespace canvass::aggregator {

// Joins the messages of one definition. Not thread-safe.
class DefinitionParts {
 public:
  static constexpr int kStationsPerMessageMax = 4'000;  // part of the API contract
  // Limit on all messages together: several times a register of a million stations.
  static constexpr std::size_t kBytesMax = 512U << 20U;

  // Adds the next message. Returns INVALID_ARGUMENT ELECTION_MISSING, ID_MISMATCH,
  // ELECTION_REPEATED or TOO_MANY_STATIONS, the errors of the conversion, or RESOURCE_EXHAUSTED
  // DEFINITION_TOO_LARGE.
  absl::Status Add(const v1::DefineElectionRequest& message);
  // Returns the whole definition, or INVALID_ARGUMENT ELECTION_MISSING if there was no message.
  // Must be called once, after the last Add.
  absl::StatusOr<ProposedDefinition> Take();

 private:
  absl::Status CheckIds(const v1::DefineElectionRequest& message) const;

  ProposedDefinition whole_;
  std::size_t bytes_ = 0;
};

// One DefineElection call. Deletes itself when the call is over.
class DefinitionStream final : public grpc::ServerReadReactor<v1::DefineElectionRequest> {
 public:
  // Unfinished calls, which callers share (rpc::CallShares): two are one caller's, and one is left
  // for others. Each may hold a whole register in memory.
  static constexpr std::size_t kStreamsMax = 3;

  // The arguments must outlive this. Without a place in `shares`, the call ends with
  // RESOURCE_EXHAUSTED TOO_MANY_DEFINITIONS. `response` is the response of the call.
  DefinitionStream(LedgerWriter& writer, OpenStreams<DefinitionStream>& streams,
                   rpc::CallShares& shares, const grpc::CallbackServerContext& context,
                   v1::DefineElectionResponse* response);

  // Ends the call with `status`, unless its definition is complete and being recorded.
  void End(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnSendInitialMetadataDone(bool ok) override;
  void OnDone() override;

 private:
  ~DefinitionStream() override = default;

  void Record(ProposedDefinition request);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LedgerWriter& writer_;
  OpenStreams<DefinitionStream>& streams_;
  const std::string caller_;
  std::string actor_;  // once the caller is known to be permitted
  v1::DefineElectionResponse* const response_;
  v1::DefineElectionRequest request_;  // of the read in progress
  DefinitionParts parts_;

  Mutex mutex_;
  rpc::CallPlace place_ ABSL_GUARDED_BY(mutex_);
  bool recording_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_CALLS_DEFINITION_STREAM_H_
