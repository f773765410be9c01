#include "common/rpc/unread_answers.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace canvass::rpc {

UnreadAnswers& UnreadAnswers::OfProcess() {
  // Never destroyed: calls of static services would outlive them.
  static const auto* const clock = new SteadyClock;
  static auto* const all = new UnreadAnswers(Limits{}, *clock);
  return *all;
}

std::size_t UnreadAnswers::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

UnreadAnswers::Number UnreadAnswers::Add(std::string caller, std::size_t bytes,
                                         std::function<void()> cancel) {
  const MutexLock lock(mutex_);
  bytes_ += bytes;
  bytes_of_[caller] += bytes;
  answers_.emplace_hint(answers_.end(), ++last_,
                        Counted{.caller = std::move(caller),
                                .bytes = bytes,
                                .since = clock_.Now(),
                                .cancel = std::move(cancel)});
  const Number added = last_;
  while (bytes_ > limits_.bytes_max && CancelOne(absl::ZeroDuration())) {
  }
  while (bytes_ > limits_.bytes_wanted && CancelOne(limits_.patience)) {
  }
  return added;
}

// Returns false if the caller whose answers hold most has none that is unread for so long.
bool UnreadAnswers::CancelOne(absl::Duration patience) {
  const auto most = std::max_element(
      bytes_of_.begin(), bytes_of_.end(),
      [](const auto& left, const auto& right) { return left.second < right.second; });
  if (most == bytes_of_.end()) return false;
  const std::string caller = most->first;
  for (auto& [number, answer] : answers_) {
    if (clock_.Now() - answer.since < patience) return false;  // the later ones are younger
    if (answer.cancel == nullptr || answer.caller != caller) continue;
    Subtract(answer);
    // Under the lock, because its call may end as soon as Remove returns.
    std::exchange(answer.cancel, nullptr)();
    return true;
  }
  return false;
}

void UnreadAnswers::Remove(Number number) {
  const MutexLock lock(mutex_);
  const auto found = answers_.find(number);
  assert(found != answers_.end());
  if (found->second.cancel != nullptr) Subtract(found->second);
  answers_.erase(found);
}

void UnreadAnswers::Subtract(const Counted& answer) {
  bytes_ -= answer.bytes;
  const auto own = bytes_of_.find(answer.caller);
  own->second -= answer.bytes;
  if (own->second == 0) bytes_of_.erase(own);
}

UnreadAnswer::UnreadAnswer(UnreadAnswers& all, std::string caller, std::size_t bytes,
                           std::function<void()> cancel)
    : all_(&all),
      number_(all.Add(std::move(caller), bytes + UnreadAnswers::kBytesBeside, std::move(cancel))),
      bytes_(bytes + UnreadAnswers::kBytesBeside) {}

UnreadAnswer::~UnreadAnswer() {
  if (all_ != nullptr) all_->Remove(number_);
}

UnreadAnswer::UnreadAnswer(UnreadAnswer&& other) noexcept
    : all_(std::exchange(other.all_, nullptr)),
      number_(other.number_),
      bytes_(std::exchange(other.bytes_, 0)) {}

UnreadAnswer& UnreadAnswer::operator=(UnreadAnswer&& other) noexcept {
  std::swap(all_, other.all_);
  std::swap(number_, other.number_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace canvass::rpc
