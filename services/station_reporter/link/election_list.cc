#include "services/station_reporter/link/election_list.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/rpc/deadline.h"
#include "common/rpc/page.h"

namespace canvass::station_reporter {
namespace {

// The aggregator answers from memory.
constexpr absl::Duration kAnswerWithin = absl::Seconds(2);

}  // namespace

ElectionList::ElectionList(const std::shared_ptr<grpc::Channel>& channel, OnElections on_elections)
    : stub_(aggregator::v1::ElectionService::NewStub(channel)),
      on_elections_(std::move(on_elections)) {}

ElectionList::~ElectionList() { Stop(); }

void ElectionList::AskIfDue(absl::Duration steady_now) {
  const MutexLock lock(mutex_);
  if (stopping_ || context_ != nullptr || steady_now < next_at_) return;
  next_at_ = steady_now + kAskEvery;
  request_.set_page_size(rpc::kPageSizeMax);
  request_.clear_page_token();
  AskForPage();
}

void ElectionList::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  if (context_ != nullptr) context_->TryCancel();
  while (context_ != nullptr) ended_.Wait(mutex_);
}

void ElectionList::AskForPage() {
  context_ = std::make_unique<grpc::ClientContext>();
  rpc::SetDeadline(*context_, kAnswerWithin);
  stub_->async()->ListElections(context_.get(), &request_, &response_,
                                [this](const grpc::Status& status) { Receive(status); });
}

// An error is no news: what is known stays known, and the next time comes.
void ElectionList::Receive(const grpc::Status& status) {
  std::vector<std::string> ids;
  if (status.ok()) {
    for (const auto& election : response_.elections()) ids.push_back(election.election_id());
  }
  if (!ids.empty()) on_elections_(std::move(ids));
  const MutexLock lock(mutex_);
  const bool has_more = status.ok() && !response_.next_page_token().empty();
  request_.set_page_token(response_.next_page_token());
  context_.reset();
  if (has_more && !stopping_) {
    AskForPage();
  } else {
    ended_.NotifyAll();
  }
}

}  // namespace canvass::station_reporter
