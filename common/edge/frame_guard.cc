#include "common/edge/frame_guard.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/base/fair_share.h"
#include "common/base/rate_limit.h"
#include "common/edge/frame_reader.h"

namespace canvass::edge {
namespace {

// While a connection has as many calls open as it may.
constexpr absl::Duration kAskAgainAfter = absl::Milliseconds(10);

// Whether there is nothing to wait for. Otherwise the admission says so.
bool MayPass(absl::Duration wait, FrameGuard::Admission& admission) {
  if (wait == absl::ZeroDuration()) return true;
  admission.verdict = FrameGuard::Verdict::kWait;
  admission.wait = wait;
  return false;
}

bool Close(std::string_view why, FrameGuard::Admission& admission) {
  admission.verdict = FrameGuard::Verdict::kClose;
  admission.why = why;
  return false;
}

}  // namespace

FrameGuard::FrameGuard(const FrameLimits& limits, SharedLimits& shared, const std::string& owner)
    : limits_(limits),
      shared_(shared),
      resets_(limits.resets_per_second, limits.resets_burst),
      answered_(limits.answered_per_second, limits.answered_burst),
      empty_(limits.empty_per_second, limits.empty_burst),
      owner_(shared.pending.Of(owner)) {}

FrameGuard::~FrameGuard() {
  for (const auto& [stream, call] : open_) owner_->Answer(call.pending);
  shared_.streams -= open_.size();
}

FrameGuard::Admission FrameGuard::FromClient(std::string_view bytes, absl::Duration now) {
  Admission admission;
  admission.bytes = from_client_.Read(
      bytes, [&](const FrameHeader& frame) { return AdmitClientFrame(frame, now, admission); });
  if (from_client_.is_malformed()) {
    admission.verdict = Verdict::kClose;
    admission.why = "it did not begin with the preface of HTTP/2";
  }
  return admission;
}

void FrameGuard::FromServer(std::string_view bytes, absl::Duration now) {
  from_server_.Read(bytes, [&](const FrameHeader& frame) {
    const bool is_reset = frame.type == FrameType::kResetStream;
    const bool may_end = frame.type == FrameType::kHeaders || frame.type == FrameType::kData;
    if (is_reset) ++server_resets_;
    if (frame.type == FrameType::kHeaders) NoteAnswer(frame.stream);
    if (is_reset || (may_end && frame.Has(FrameHeader::kEndStream))) End(frame.stream);
    if (frame.type == FrameType::kGoAway) server_left_at_ = std::min(server_left_at_, now);
    server_has_spoken_ = true;
    server_is_in_headers_ =
        (frame.type == FrameType::kHeaders || frame.type == FrameType::kContinuation) &&
        !frame.Has(FrameHeader::kEndHeaders);
    NoteCall(frame, now);
    return true;
  });
}

// A frame of a call pays for one that carries nothing.
void FrameGuard::NoteCall(const FrameHeader& frame, absl::Duration now) {
  const bool is_of_call =
      frame.type == FrameType::kHeaders || (frame.type == FrameType::kData && frame.length > 0);
  if (!is_of_call) return;
  active_at_ = now;
  answered_.Give();
  empty_.Give();
}

bool FrameGuard::IsOpenToClient(std::uint32_t stream) const {
  const auto found = open_.find(stream);
  return found != open_.end() && !found->second.ended_by_client;
}

void FrameGuard::End(std::uint32_t stream) {
  NoteAnswer(stream);
  shared_.streams -= open_.erase(stream);
}

void FrameGuard::NoteAnswer(std::uint32_t stream) {
  const auto found = open_.find(stream);
  if (found != open_.end()) owner_->Answer(std::exchange(found->second.pending, 0));
}

bool FrameGuard::AdmitClientFrame(const FrameHeader& frame, absl::Duration now,
                                  Admission& admission) {
  if (frame.type == FrameType::kResetStream) return AdmitReset(frame, now, admission);
  const bool may_end = frame.type == FrameType::kHeaders || frame.type == FrameType::kData;
  const bool ends = may_end && frame.Has(FrameHeader::kEndStream);
  if (ends && !MayAsk(now, admission)) return false;
  if (!AdmitHeaderBlock(frame, admission)) return false;
  if (frame.type == FrameType::kHeaders && !AdmitHeaders(frame, now, admission)) return false;
  RateLimit* const limit = LimitOf(frame);
  if (limit != nullptr && !MayPass(limit->Take(now), admission)) return false;
  if (limit != nullptr) return true;  // what is charged pays for nothing
  NoteCall(frame, now);
  if (ends) {
    answers_wanted_at_ = absl::InfiniteDuration();
    open_[frame.stream] = {.pending = owner_->Begin(now), .ended_by_client = true};
  }
  return true;
}

bool FrameGuard::MayAsk(absl::Duration now, Admission& admission) {
  if (owner_->MayBegin(now)) return true;
  answers_wanted_at_ = std::min(answers_wanted_at_, now);
  if (now - answers_wanted_at_ >= limits_.answers_within) return true;
  admission.until_answer = true;
  return MayPass(kAskAgainAfter, admission);
}

bool FrameGuard::AdmitReset(const FrameHeader& frame, absl::Duration now, Admission& admission) {
  if (!TakeReset(now, admission)) return false;
  End(frame.stream);
  return true;
}

// Nothing is taken from one limit while the other one says no.
bool FrameGuard::TakeReset(absl::Duration now, Admission& admission) {
  const bool is_rare = now - reset_at_ >= limits_.reset_always_after;
  if (!is_rare && !MayPass(shared_.resets.WaitFor(now), admission)) return false;
  if (!MayPass(resets_.Take(now), admission)) return false;
  shared_.resets.Take(now);
  reset_at_ = now;
  return true;
}

// Headers begin a call, or end what the client says in it.
bool FrameGuard::AdmitHeaders(const FrameHeader& frame, absl::Duration now, Admission& admission) {
  const bool is_clients = frame.stream % 2 == 1;
  if (!is_clients) return Close("its calls have numbers that are the server's", admission);
  if (frame.stream > last_stream_) return AdmitStream(frame, now, admission);
  return frame.Has(FrameHeader::kEndStream) || Close("it begins a call twice", admission);
}

bool FrameGuard::AdmitStream(const FrameHeader& frame, absl::Duration now, Admission& admission) {
  // The client pays for the resets that it caused before it begins anything new.
  for (; server_resets_ > 0; --server_resets_) {
    if (!TakeReset(now, admission)) return false;
  }
  if (!HasRoom()) {
    room_wanted_at_ = std::min(room_wanted_at_, now);
    if (now - room_wanted_at_ >= limits_.room_within) {
      return Close("it waited too long for room for another call", admission);
    }
    return MayPass(kAskAgainAfter, admission);
  }
  room_wanted_at_ = absl::InfiniteDuration();
  last_stream_ = frame.stream;
  open_.emplace(frame.stream, OpenCall{});
  ++shared_.streams;
  return true;
}

bool FrameGuard::HasRoom() const {
  if (open_.size() >= limits_.streams_max) return false;
  return open_.size() < limits_.streams_always ||
         IsFairShare(open_.size(), 1, shared_.streams, shared_.streams_max);
}

bool FrameGuard::AdmitHeaderBlock(const FrameHeader& frame, Admission& admission) {
  if (frame.type != FrameType::kHeaders && frame.type != FrameType::kContinuation) return true;
  if (frame.type == FrameType::kHeaders) block_bytes_ = block_frames_ = 0;
  block_bytes_ += frame.length;
  ++block_frames_;
  if (block_bytes_ <= limits_.header_block_bytes_max &&
      block_frames_ <= limits_.header_block_frames_max) {
    return true;
  }
  return Close("its headers have no end", admission);
}

// Returns null for frames that are not limited here: data and headers of open calls are limited by
// flow control and by the number of calls that a connection may have open. Once the client has
// ended a call, or the server has, what still comes for it is charged.
RateLimit* FrameGuard::LimitOf(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::kSettings:
    case FrameType::kPing:
      return frame.Has(FrameHeader::kAck) ? &empty_ : &answered_;
    case FrameType::kData:
      if (frame.length == 0 && !frame.Has(FrameHeader::kEndStream)) return &empty_;
      return IsOpenToClient(frame.stream) ? nullptr : &empty_;
    case FrameType::kHeaders:
      return IsOpenToClient(frame.stream) ? nullptr : &empty_;
    case FrameType::kContinuation:
      return nullptr;
    default:
      return &empty_;
  }
}

}  // namespace canvass::edge
