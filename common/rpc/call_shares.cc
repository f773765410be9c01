#include "common/rpc/call_shares.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/fair_share.h"

namespace canvass::rpc {

absl::Status CallShares::Enter(const std::string& caller, const Reason& reason,
                               absl::Duration retry_after, CallPlace& place) {
  assert(place.shares_ == nullptr);
  const MutexLock lock(mutex_);
  const auto found = calls_of_.find(caller);
  const std::size_t own = found == calls_of_.end() ? 0 : found->second;
  if (!IsFairShare(own, 1, calls_, calls_max_)) {
    return MakeError(
        reason,
        absl::StrCat(calls_, " such calls are open, ", own, " of them from this address; at most ",
                     calls_max_, " may be, and an address may have as many as it leaves free"),
        {.metadata = {{"calls", absl::StrCat(calls_)},
                      {"calls_of_caller", absl::StrCat(own)},
                      {"calls_max", absl::StrCat(calls_max_)}},
         .retry_after_ms = static_cast<int>(absl::ToInt64Milliseconds(retry_after))});
  }
  ++calls_of_[caller];
  ++calls_;
  place.shares_ = this;
  place.caller_ = caller;
  return absl::OkStatus();
}

void CallShares::Leave(const std::string& caller) {
  const MutexLock lock(mutex_);
  const auto own = calls_of_.find(caller);
  assert(own != calls_of_.end());
  if (--own->second == 0) calls_of_.erase(own);
  --calls_;
}

void CallPlace::Leave() {
  CallShares* const shares = std::exchange(shares_, nullptr);
  if (shares != nullptr) shares->Leave(caller_);
}

}  // namespace canvass::rpc
