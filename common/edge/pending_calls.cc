#include "common/edge/pending_calls.h"

#include <memory>
#include <string>

namespace canvass::edge {

std::shared_ptr<PendingCalls::Owner> PendingCalls::Of(const std::string& name) {
  std::weak_ptr<Owner>& known = owners_[name];
  std::shared_ptr<Owner> owner = known.lock();
  if (owner == nullptr) {
    owner = std::make_shared<Owner>(*this, name);
    known = owner;
  }
  return owner;
}

PendingCalls::Owner::~Owner() {
  calls_.owners_.erase(name_);
  for (Caller* const caller : {&calls_.last_, &calls_.other_}) {
    if (caller->owner == this) *caller = {};
  }
}

bool PendingCalls::Owner::MayBegin(absl::Duration now) {
  while (!begun_.empty() && now - begun_.front().first >= kPendingFor) {
    pending_.erase(begun_.front().second);
    begun_.pop_front();
  }
  if (pending_.size() < calls_.shared_max_) return true;
  const Caller& other = calls_.last_.owner == this ? calls_.other_ : calls_.last_;
  return now - other.at >= kPendingFor;
}

std::uint64_t PendingCalls::Owner::Begin(absl::Duration now) {
  if (calls_.last_.owner != this) calls_.other_ = calls_.last_;
  calls_.last_ = {.owner = this, .at = now};
  begun_.emplace_back(now, ++calls_begun_);
  pending_.insert(calls_begun_);
  return calls_begun_;
}

}  // namespace canvass::edge
