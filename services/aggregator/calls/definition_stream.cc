#include "services/aggregator/calls/definition_stream.h"

#include <grpcpp/support/status.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/identity/policy.h"
#include "common/rpc/caller.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/message_faults.h"
#include "common/rpc/status.h"

namespace canvass::aggregator {
namespace {

template <typename Part>
void MoveTo(std::vector<Part>& whole, std::vector<Part>& piece) {
  whole.insert(whole.end(), std::make_move_iterator(piece.begin()),
               std::make_move_iterator(piece.end()));
}

absl::Status IdMismatch(std::string_view field, std::string_view id, std::string_view expected) {
  return FieldError(reason::kIdMismatch, field,
                    StrCat("is ", id, ", but the first message defines ", expected));
}

absl::Status TooLarge() {
  return MakeError(
      reason::kDefinitionTooLarge,
      absl::StrCat("The definition has more than ", DefinitionParts::kBytesMax,
                   " bytes; define the election first and add stations in later calls"));
}

}  // namespace

absl::Status DefinitionParts::Add(const v1::DefineElectionRequest& message) {
  if (whole_.election_id.empty()) {
    if (message.election_id().empty()) {
      return FieldError(reason::kElectionMissing, "election_id",
                        "is required in the first message");
    }
    whole_.election_id = message.election_id();
    whole_.validate_only = message.validate_only();
  }
  absl::Status status = CheckIds(message);
  if (status.ok()) status = rpc::CheckMessage(message);
  if (!status.ok()) return status;
  bytes_ += message.ByteSizeLong();
  if (bytes_ > kBytesMax) return TooLarge();
  absl::StatusOr<election::DefinitionChange> piece = rpc::FromProto(message.definition());
  if (!piece.ok()) return piece.status();
  election::DefinitionChange& whole = whole_.change;
  if (piece->election.has_value()) {
    whole.election = std::move(piece->election);
    whole.election->id = whole_.election_id;
  }
  if (whole.reason.empty()) whole.reason = std::move(piece->reason);
  MoveTo(whole.contests, piece->contests);
  MoveTo(whole.sources, piece->sources);
  MoveTo(whole.areas, piece->areas);
  MoveTo(whole.stations, piece->stations);
  return absl::OkStatus();
}

absl::Status DefinitionParts::CheckIds(const v1::DefineElectionRequest& message) const {
  if (!message.election_id().empty() && message.election_id() != whole_.election_id) {
    return IdMismatch("election_id", message.election_id(), whole_.election_id);
  }
  const canvass::v1::DefinitionChange& piece = message.definition();
  if (piece.has_election()) {
    if (whole_.change.election.has_value()) {
      return FieldError(reason::kElectionRepeated, "definition.election",
                        "is set in more than one message");
    }
    const std::string& id = piece.election().election_id();
    if (!id.empty() && id != whole_.election_id) {
      return IdMismatch("definition.election.election_id", id, whole_.election_id);
    }
  }
  if (piece.stations_size() > kStationsPerMessageMax) {
    return FieldError(reason::kTooManyStations, "definition.stations",
                      absl::StrCat("has ", piece.stations_size(), " stations; at most ",
                                   kStationsPerMessageMax, " are allowed in a message"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ProposedDefinition> DefinitionParts::Take() {
  if (whole_.election_id.empty()) {
    return FieldError(reason::kElectionMissing, "election_id", "is required in the first message");
  }
  return std::move(whole_);
}

DefinitionStream::DefinitionStream(LedgerWriter& writer, OpenStreams<DefinitionStream>& streams,
                                   rpc::CallShares& shares,
                                   const grpc::CallbackServerContext& context,
                                   v1::DefineElectionResponse* response)
    : writer_(writer), streams_(streams), caller_(rpc::CallerOf(context)), response_(response) {
  streams_.Add(this);
  const MutexLock lock(mutex_);
  absl::Status admitted = rpc::CheckCaller(context, identity::Call::kDefineElection);
  if (admitted.ok()) {
    actor_ = identity::ActorOf(rpc::PeerOf(context));
    admitted = writer_.Lead();
  }
  if (admitted.ok()) {
    admitted = shares.Enter(caller_, reason::kTooManyDefinitions, absl::Seconds(1), place_);
  }
  if (!admitted.ok()) FinishOnce(admitted);
  if (!finished_) StartRead(&request_);
}

void DefinitionStream::End(const absl::Status& status) {
  const MutexLock lock(mutex_);
  if (!recording_) FinishOnce(status);
}

void DefinitionStream::OnReadDone(bool ok) {
  const absl::Status status = ok ? parts_.Add(request_) : absl::OkStatus();
  const MutexLock lock(mutex_);
  if (!status.ok()) FinishOnce(status);
  if (finished_) return;
  if (ok) {
    StartRead(&request_);
  } else {
    StartSendInitialMetadata();
  }
}

// Reading has ended, either because the client has sent everything or because it is gone. Half a
// definition must not be recorded. Sending initial metadata tells the two apart: it fails if the
// client is gone.
void DefinitionStream::OnSendInitialMetadataDone(bool ok) {
  absl::StatusOr<ProposedDefinition> request = parts_.Take();
  {
    const MutexLock lock(mutex_);
    if (!ok) FinishOnce(absl::CancelledError("The client is gone"));
    if (!request.ok()) FinishOnce(request.status());
    if (finished_) return;
    recording_ = true;
  }
  Record(*std::move(request));
}

void DefinitionStream::OnDone() {
  streams_.Remove(this);
  { const MutexLock lock(mutex_); }  // the thread that finished the call may still hold it
  delete this;
}

void DefinitionStream::Record(ProposedDefinition request) {
  request.caller = caller_;
  request.actor = actor_;
  writer_.Define(std::move(request), [this](const absl::StatusOr<DefinitionOutcome>& outcome) {
    if (outcome.ok()) {
      response_->set_sequence(outcome->sequence);
      response_->set_stations(static_cast<std::int32_t>(outcome->stations));
      response_->set_areas(static_cast<std::int32_t>(outcome->areas));
      response_->set_parts_changed(static_cast<std::int32_t>(outcome->parts_changed));
    }
    const MutexLock lock(mutex_);
    FinishOnce(outcome.status());
  });
}

void DefinitionStream::FinishOnce(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  place_.Leave();
  Finish(rpc::ToGrpcStatus(status));
}

}  // namespace canvass::aggregator
