#include "services/aggregator/definition_stream.h"

#include <grpcpp/support/status.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/election/definition.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/status.h"
#include "services/aggregator/actor.h"

namespace canvass::aggregator {
namespace {

template <typename Part>
void MoveTo(std::vector<Part>& whole, std::vector<Part>& piece) {
  whole.insert(whole.end(), std::make_move_iterator(piece.begin()),
               std::make_move_iterator(piece.end()));
}

absl::Status IdMismatch(std::string_view field, std::string_view id, std::string_view expected) {
  return FieldError("ID_MISMATCH", field,
                    StrCat("is ", id, ", but the first message defines ", expected));
}

absl::Status TooLarge() {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("The definition has more than ", DefinitionParts::kBytesMax,
                                " bytes; define the election first, then add stations"),
                   {.reason = "DEFINITION_TOO_LARGE"});
}

absl::Status TooManyStreams() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat(DefinitionStream::kStreamsMax, " definitions are being sent already"),
      {.reason = "TOO_MANY_DEFINITIONS", .retry_after_ms = 1'000});
}

}  // namespace

absl::Status DefinitionParts::Add(const v1::DefineElectionRequest& message) {
  if (whole_.election_id.empty()) {
    if (message.election_id().empty()) {
      return FieldError("ELECTION_MISSING", "election_id", "is required in the first message");
    }
    whole_.election_id = message.election_id();
    whole_.validate_only = message.validate_only();
    whole_.actor = kLocalActor;
  }
  absl::Status status = CheckIds(message);
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
      return FieldError("ELECTION_REPEATED", "definition.election", "stands in two messages");
    }
    const std::string& id = piece.election().election_id();
    if (!id.empty() && id != whole_.election_id) {
      return IdMismatch("definition.election.election_id", id, whole_.election_id);
    }
  }
  if (piece.stations_size() > kStationsPerMessageMax) {
    return FieldError(
        "TOO_MANY_STATIONS", "definition.stations",
        absl::StrCat("has ", piece.stations_size(),
                     " stations, more than a message may have: ", kStationsPerMessageMax));
  }
  return absl::OkStatus();
}

absl::StatusOr<DefinitionRequest> DefinitionParts::Take() {
  if (whole_.election_id.empty()) {
    return FieldError("ELECTION_MISSING", "election_id", "is required in the first message");
  }
  return std::move(whole_);
}

DefinitionStream::DefinitionStream(LedgerWriter& writer, OpenStreams<DefinitionStream>& streams,
                                   std::atomic<std::size_t>& taking,
                                   v1::DefineElectionResponse* response)
    : writer_(writer), streams_(streams), taking_(taking), response_(response) {
  streams_.Add(this);
  const absl::Status admitted = ++taking_ > kStreamsMax ? TooManyStreams() : writer_.Lead();
  const MutexLock lock(mutex_);
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

// There is nothing more to read, either because the client has sent everything or because it is
// gone, and half a definition must not be recorded. To a client that is gone nothing can be sent.
void DefinitionStream::OnSendInitialMetadataDone(bool ok) {
  absl::StatusOr<DefinitionRequest> request = parts_.Take();
  {
    const MutexLock lock(mutex_);
    if (!ok) FinishOnce(absl::CancelledError("The caller is gone"));
    if (!request.ok()) FinishOnce(request.status());
    if (finished_) return;
    recording_ = true;
  }
  Record(*std::move(request));
}

void DefinitionStream::OnDone() {
  streams_.Remove(this);
  { const MutexLock lock(mutex_); }  // whoever finished the call may still be about to let go of it
  delete this;
}

void DefinitionStream::Record(DefinitionRequest request) {
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
  --taking_;  // before the client can know of the end and call again
  Finish(rpc::ToGrpcStatus(status));
}

}  // namespace canvass::aggregator
