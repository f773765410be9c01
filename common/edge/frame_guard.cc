#include "common/edge/frame_guard.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

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

}  // namespace

FrameGuard::FrameGuard(const FrameLimits& limits, SharedLimits& shared)
    : limits_(limits),
      shared_(shared),
      resets_(limits.resets_per_second, limits.resets_burst),
      answered_(limits.answered_per_second, limits.answered_burst),
      empty_(limits.empty_per_second, limits.empty_burst) {}

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
    if (is_reset || (may_end && frame.Has(FrameHeader::kEndStream))) End(frame.stream);
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

bool FrameGuard::AdmitClientFrame(const FrameHeader& frame, absl::Duration now,
                                  Admission& admission) {
  if (frame.type == FrameType::kResetStream) return AdmitReset(frame, now, admission);
  if (!AdmitHeaderBlock(frame, admission)) return false;
  if (frame.type == FrameType::kHeaders && !AdmitStream(frame, now, admission)) return false;
  RateLimit* const limit = LimitOf(frame);
  if (limit != nullptr && !MayPass(limit->Take(now), admission)) return false;
  NoteCall(frame, now);
  return true;
}

bool FrameGuard::AdmitReset(const FrameHeader& frame, absl::Duration now, Admission& admission) {
  // Nothing is taken from one limit while the other one says no.
  if (!MayPass(shared_.resets.WaitFor(now), admission)) return false;
  if (!MayPass(resets_.Take(now), admission)) return false;
  shared_.resets.Take(now);
  End(frame.stream);
  return true;
}

bool FrameGuard::AdmitStream(const FrameHeader& frame, absl::Duration now, Admission& admission) {
  if (open_.contains(frame.stream)) return true;  // its trailers
  // The client pays for the resets that it caused before it begins anything new.
  for (; server_resets_ > 0; --server_resets_) {
    if (!MayPass(resets_.Take(now), admission)) return false;
  }
  const bool has_room = open_.size() < limits_.streams_max &&
                        IsFairShare(open_.size(), 1, shared_.streams, shared_.streams_max);
  if (!MayPass(has_room ? absl::ZeroDuration() : kAskAgainAfter, admission)) return false;
  open_.insert(frame.stream);
  ++shared_.streams;
  return true;
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
  admission.verdict = Verdict::kClose;
  admission.why = "its headers have no end";
  return false;
}

// Returns null for frames that are not limited here: data and new calls are limited by flow control
// and by the number of calls that a connection may have open.
RateLimit* FrameGuard::LimitOf(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::kSettings:
    case FrameType::kPing:
      return frame.Has(FrameHeader::kAck) ? &empty_ : &answered_;
    case FrameType::kData:
      return frame.length > 0 || frame.Has(FrameHeader::kEndStream) ? nullptr : &empty_;
    case FrameType::kHeaders:
    case FrameType::kContinuation:
      return nullptr;
    default:
      return &empty_;
  }
}

}  // namespace canvass::edge
