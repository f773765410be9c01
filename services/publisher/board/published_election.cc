#include "services/publisher/board/published_election.h"

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <variant>

#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/ledger/merkle.h"
#include "common/rpc/message.h"
#include "common/rpc/report_proto.h"
#include "common/rpc/result_proto.h"

namespace canvass::publisher {
namespace {

// Returns the certification at `sequence`, which need not be the newest one.
election::Certified CertifiedAt(const ledger::ElectionLedger& ledger, std::int64_t sequence) {
  election::Entry entry = ledger.EntryAt(sequence);
  return {.sequence = sequence,
          .certified_at = entry.recorded_at,
          .certification = std::get<election::ResultCertification>(std::move(entry.event))};
}

// Returns the poll figures at `sequence`, which need not be the newest ones.
election::PollFigures PollAt(const ledger::ElectionLedger& ledger, std::int64_t sequence) {
  return std::get<election::PollFigures>(ledger.CountedEntryAt(sequence).event);
}

}  // namespace

PublishedElection::PublishedElection(std::string ledger_id,
                                     std::unique_ptr<LedgerWithHistory> published, absl::Time now)
    : ledger_id_(std::move(ledger_id)), ledger_with_history_(std::move(published)) {
  EndStep(now);
}

canvass::v1::AsOf PublishedElection::AsOf() const { return as_of_; }

canvass::v1::AsOf PublishedElection::AsOfMoment(const Moment& moment) const {
  canvass::v1::AsOf as_of = as_of_;
  as_of.set_sequence(moment.sequence);
  *as_of.mutable_recorded_at() = rpc::ToProto(moment.recorded_at);
  as_of.set_root_hash(ledger::ToHex(moment.root));
  if (moment.sequence < as_of_.sequence()) as_of.clear_confirmed_at();  // newer figures may exist
  return as_of;
}

bool PublishedElection::IsUnderEmbargo(int source_no) const {
  const std::optional<absl::Time> visible_from =
      definition().sources()[static_cast<std::size_t>(source_no)].visible_from;
  if (!visible_from || count().HasReportsFromSource(source_no)) return false;
  return *visible_from > confirmed_at_ || !count().SealsOf(source_no).empty();
}

canvass::v1::Result PublishedElection::WholeResult(int contest_no, int source_no) const {
  const std::pair<int, int> key(contest_no, source_no);
  std::shared_ptr<const canvass::v1::Result> whole;
  {
    const ReaderLock lock(made_mutex_);
    const auto made = whole_results_.find(key);
    if (made != whole_results_.end()) whole = made->second;
  }
  if (whole == nullptr) {
    const rpc::ResultQuestion question{.contest_no = contest_no,
                                       .source_no = source_no,
                                       .area_no = definition().AreaOfContest(contest_no)};
    whole = std::make_shared<const canvass::v1::Result>(rpc::ResultOf(ledger(), question, as_of_));
    const WriterLock lock(made_mutex_);
    whole_results_[key] = whole;
  }
  canvass::v1::Result result = *whole;
  *result.mutable_as_of()->mutable_confirmed_at() = as_of_.confirmed_at();
  return result;
}

std::shared_ptr<const grpc::ByteBuffer> PublishedElection::WholeResultAnswer(int contest_no,
                                                                             int source_no) const {
  const std::pair<int, int> key(contest_no, source_no);
  {
    const ReaderLock lock(made_mutex_);
    const auto made = whole_answers_.find(key);
    if (made != whole_answers_.end()) return made->second;
  }
  v1::GetNationalResultResponse response;
  *response.mutable_result() = WholeResult(contest_no, source_no);
  auto answer = std::make_shared<const grpc::ByteBuffer>(rpc::SerializeMessage(response));
  const WriterLock lock(made_mutex_);
  whole_answers_[key] = answer;
  return answer;
}

canvass::v1::Result PublishedElection::ResultOfFigures(int contest_no, int source_no, int area_no,
                                                       const Figures& figures,
                                                       const canvass::v1::AsOf& as_of) const {
  rpc::ResultFigures earlier{
      .tally = figures.tally, .progress = figures.progress, .status = figures.status};
  election::Certified certified;
  if (figures.certification_sequence != 0) {
    certified = CertifiedAt(ledger(), figures.certification_sequence);
    earlier.certified = &certified;
  }
  election::PollFigures published;
  if (figures.poll_sequence != 0) {
    published = PollAt(ledger(), figures.poll_sequence);
    earlier.published = &published;
  }
  return rpc::ResultOf(ledger(),
                       {.contest_no = contest_no, .source_no = source_no, .area_no = area_no},
                       earlier, as_of);
}

canvass::v1::Result PublishedElection::CertifiedResult(int contest_no, int source_no) const {
  assert(count().FindCertified(contest_no, source_no) != nullptr);
  const election::Certified& certified = *count().FindCertified(contest_no, source_no);
  const Moment* moment = ledger_with_history().history().FindMoment(certified.sequence);
  const canvass::v1::AsOf as_of =
      moment != nullptr ? AsOfMoment(*moment)
                        : AsOfMoment({.sequence = certified.sequence,
                                      .recorded_at = certified.certified_at,
                                      .root = ledger().log().RootAt(certified.sequence)});
  return rpc::CertifiedResultOf(ledger(), contest_no, source_no, as_of);
}

void PublishedElection::EndStep(absl::Time now) {
  {
    const WriterLock lock(made_mutex_);
    whole_results_.clear();
    whole_answers_.clear();
  }
  confirmed_at_ = now;
  as_of_ = rpc::AsOfOf(ledger(), ledger_id_, confirmed_at_);
}

void PublishedElection::Confirm(absl::Time now) {
  {
    const WriterLock lock(made_mutex_);
    whole_answers_.clear();
  }
  confirmed_at_ = now;
  *as_of_.mutable_confirmed_at() = rpc::ToProto(confirmed_at_);
}

}  // namespace canvass::publisher
