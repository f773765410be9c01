#include "services/canvass/demo/demo_player.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "canvass/v1/result.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/definition_proto.h"
#include "common/rpc/report_proto.h"
#include "services/canvass/clients/definition_messages.h"
#include "services/canvass/clients/fetch_names.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/error_text.h"
#include "services/canvass/terminal/progress_bar.h"
#include "services/canvass/views/comparison_view.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

// Time for a publisher to show acknowledged reports.
constexpr absl::Duration kShownWithin = absl::Seconds(30);
constexpr absl::Duration kAskEvery = absl::Milliseconds(10);
// Reports that arrive within this time are submitted together, because a progress bar moves no
// faster.
constexpr absl::Duration kArrivalsTogether = absl::Milliseconds(100);

// Returns an error unless every candidate has the published votes.
absl::Status CheckFigures(const Announcement& announcement, const v1::Result& result) {
  for (const v1::CandidateResult& candidate : result.candidates()) {
    const std::int64_t published = announcement.votes.at(candidate.candidate_id());
    if (candidate.votes() == published) continue;
    return MakeError(reason::kResultDiffers,
                     StrCat(announcement.name, ": ", candidate.candidate_id(), " has ",
                            candidate.votes(), " votes, but ", published, " were published."));
  }
  return absl::OkStatus();
}

std::int32_t StationsIn(const v1::Result& result) {
  return result.progress().stations_counted() + result.progress().stations_annulled();
}

bool IsMoment(const Announcement& announcement, const v1::Result& result) {
  return StationsIn(result) == announcement.stations_in &&
         result.progress().stations_annulled() == announcement.stations_annulled;
}

}  // namespace

DemoPlayer::DemoPlayer(const PublishedNight& facts, double speed, const Invocation& invocation)
    : facts_(facts),
      night_(SplitByStation(facts)),
      speed_(speed),
      invocation_(invocation),
      aggregator_(invocation.options),
      publisher_(invocation.options),
      reporter_(invocation.options) {}

absl::Status DemoPlayer::Play() {
  if (IsCounted()) return ShowKept();
  const absl::Status status = Define();
  if (!status.ok()) return status;
  return IsCounted() ? ShowKept() : PlayNight();
}

bool DemoPlayer::IsCounted() const { return publisher_.GetFinalResult(FinalRequest()).ok(); }

absl::Status DemoPlayer::ShowKept() {
  invocation_.console.messages << "This night was already counted, and its ledger is kept.\n";
  const absl::Status status = ShowHistory();
  if (!status.ok()) return status;
  const auto final_result = ShowFinal();
  if (!final_result.ok()) return final_result.status();
  RemarkOn(facts_.announcements[2], *final_result);
  return absl::OkStatus();
}

absl::Status DemoPlayer::PlayNight() {
  absl::Status status = PublishPolls();
  if (!status.ok()) return status;
  polls_closed_ = absl::Now();
  const auto first = static_cast<std::size_t>(facts_.announcements[0].stations_in);
  status = PlayUpTo(facts_.announcements[0], 0, first);
  if (!status.ok()) return status;
  status = PlayUpTo(facts_.announcements[1], first, night_.reports.size());
  if (!status.ok()) return status;
  status = PlayDecisions();
  if (!status.ok()) return status;
  const auto final_result = ShowFinal();
  if (!final_result.ok()) return final_result.status();
  return CheckFigures(facts_.announcements[2], *final_result);
}

absl::Status DemoPlayer::Define() {
  const auto defined =
      aggregator_.DefineElection(DefinitionMessages(rpc::ToProto(night_.definition), false));
  if (!defined.ok()) return defined.status();
  invocation_.console.messages << StrCat("Defined ", election_id(), ": ", defined->areas(),
                                         " areas, ", defined->stations(), " stations.\n");
  const auto shown = Read(defined->sequence());
  if (!shown.ok()) return shown.status();
  for (const auto& [language, notice] : shown->notices()) {
    if (language == "en") invocation_.console.messages << "Note: " << notice << '\n';
  }
  return absl::OkStatus();
}

absl::Status DemoPlayer::PublishPolls() {
  for (const PublishedShares& poll : facts_.polls) {
    aggregator::v1::PublishPollFiguresRequest request;
    v1::PollFigures& figures = *request.mutable_figures();
    figures.set_election_id(election_id());
    figures.set_source_id(poll.source_id);
    for (const auto& [candidate, share] : poll.shares) {
      v1::PollShare& published = *figures.add_shares();
      published.set_candidate_id(candidate);
      published.set_share_percent(share);
    }
    const auto answer = aggregator_.PublishPollFigures(request);
    if (!answer.ok()) return answer.status();
    invocation_.console.messages << "Exit poll of " << poll.source_id << ":";
    for (const auto& [candidate, share] : poll.shares) {
      invocation_.console.messages << ' ' << candidate << ' ' << share << " %";
    }
    invocation_.console.messages << '\n';
  }
  return absl::OkStatus();
}

absl::Status DemoPlayer::PlayUpTo(const Announcement& announcement, std::size_t from,
                                  std::size_t to) {
  const auto sequence = SubmitReports(from, to);
  if (!sequence.ok()) return sequence.status();
  const auto result = Read(*sequence);
  if (!result.ok()) return result.status();
  if (!IsMoment(announcement, *result)) {  // an earlier run played past this announcement
    invocation_.console.messages << "Already announced: " << announcement.name << '\n';
    return absl::OkStatus();
  }
  absl::Status status = CheckFigures(announcement, *result);
  if (status.ok()) status = Announce(announcement, *result);
  // The history keeps only the last moment of each second. Waiting for the next second keeps this
  // moment in it.
  absl::SleepFor(absl::Seconds(1) - (absl::Now() - absl::FromTimeT(absl::ToTimeT(absl::Now()))));
  return status;
}

// Waits until at least one report from `next` on is due. Returns the index of the first report that
// is not due yet.
std::size_t DemoPlayer::WaitForArrivals(std::size_t next, std::size_t to) const {
  if (speed_ <= 0) return to;
  const auto due_at = [&](std::size_t index) {
    return polls_closed_ + night_.reports[index].arrives_after / speed_;
  };
  absl::SleepFor(std::max(kArrivalsTogether, due_at(next) - absl::Now()));
  const absl::Time now = absl::Now();
  while (next < to && due_at(next) <= now) ++next;
  return next;
}

absl::StatusOr<std::int64_t> DemoPlayer::SubmitReports(std::size_t from, std::size_t to) {
  ProgressBar progress(invocation_.console, static_cast<std::int64_t>(to - from), "reports");
  std::int64_t sequence = 0;
  for (std::size_t next = from; next < to;) {
    const std::size_t due = WaitForArrivals(next, to);
    const auto covered = SubmitTogether(next, due, progress);
    if (!covered.ok()) return covered.status();
    sequence = std::max(sequence, *covered);
    next = due;
  }
  return sequence;
}

absl::StatusOr<std::int64_t> DemoPlayer::SubmitTogether(std::size_t from, std::size_t to,
                                                        ProgressBar& progress) const {
  std::int64_t sequence = 0;
  std::vector<std::size_t> waiting(to - from);
  std::iota(waiting.begin(), waiting.end(), from);
  const absl::Time deadline = absl::Now() + RetryLimits{}.give_up_after;
  while (!waiting.empty()) {
    const auto queued = SubmitOnce(waiting, sequence, progress);
    if (!queued.ok()) return queued.status();
    if (!queued->empty() && absl::Now() > deadline) {
      return MakeError(reason::kResultDiffers,
                       StrCat(queued->size(), " reports still wait in the reporter's outbox"));
    }
    waiting = *queued;
  }
  return sequence;
}

// Returns those that wait in the outbox. On a busy machine the reporter answers before the
// aggregator does; sent once more, they get their receipt.
absl::StatusOr<std::vector<std::size_t>> DemoPlayer::SubmitOnce(
    const std::vector<std::size_t>& reports, std::int64_t& sequence, ProgressBar& progress) const {
  std::vector<std::size_t> queued;
  absl::Status problem;
  Submission submission;
  submission.count = reports.size();
  submission.report_at = [&](std::size_t index) {
    return rpc::ToProto(night_.reports[reports[index]].report);
  };
  submission.on_receipt = [&](std::size_t index, const v1::Receipt& receipt) {
    sequence = std::max(sequence, receipt.sequence());
    if (receipt.state() == v1::RECEIPT_STATE_QUEUED) return queued.push_back(reports[index]);
    progress.Advance();
    if (receipt.state() == v1::RECEIPT_STATE_RECORDED || !problem.ok()) return;
    problem = MakeError(
        reason::kResultDiffers,
        StrCat("The report of ", receipt.key().station_id(), " is not counted: ",
               receipt.findings_size() > 0 ? receipt.findings(0).message() : "no finding"));
  };
  const absl::Status status = reporter_.SubmitReports(submission, RetryLimits{});
  if (!status.ok()) return status;
  if (!problem.ok()) return problem;
  return queued;
}

absl::Status DemoPlayer::PlayDecisions() {
  const auto annulled = Annul();
  if (!annulled.ok()) return annulled.status();
  const auto result = Read(*annulled);
  if (!result.ok()) return result.status();
  const absl::Status status = CheckFigures(facts_.announcements[2], *result);
  if (!status.ok()) return status;
  const auto certified = Certify(result->as_of().sequence());
  if (!certified.ok()) return certified.status();
  return Read(*certified).status();
}

absl::StatusOr<std::int64_t> DemoPlayer::Annul() {
  std::int64_t sequence = 0;
  for (const election::ReportKey& key : night_.annulled) {
    aggregator::v1::AnnulReportRequest request;
    request.mutable_key()->set_election_id(key.election_id);
    request.mutable_key()->set_contest_id(key.contest_id);
    request.mutable_key()->set_source_id(key.source_id);
    request.mutable_key()->set_station_id(key.station_id);
    request.mutable_key()->set_revision(key.revision);
    request.set_reason(facts_.annulment_reason);
    const auto answer = aggregator_.AnnulReport(request);
    if (!answer.ok()) return answer.status();
    sequence = std::max(sequence, answer->sequence());
  }
  invocation_.console.messages << StrCat("Annulled ", night_.annulled.size(), " stations.\n");
  return sequence;
}

absl::StatusOr<std::int64_t> DemoPlayer::Certify(std::int64_t sequence) {
  aggregator::v1::CertifyResultRequest request;
  request.set_election_id(election_id());
  request.set_expected_sequence(sequence);
  for (const std::string& candidate : facts_.elected) request.add_elected_candidate_ids(candidate);
  request.set_reason(facts_.certification_reason);
  const auto answer = aggregator_.CertifyResult(request);
  if (!answer.ok()) return answer.status();
  return answer->result().certification().sequence();
}

publisher::v1::GetFinalResultRequest DemoPlayer::FinalRequest() const {
  publisher::v1::GetFinalResultRequest request;
  request.set_election_id(election_id());
  return request;
}

absl::StatusOr<v1::Result> DemoPlayer::Read(std::int64_t sequence) const {
  publisher::v1::GetNationalResultRequest request;
  request.set_election_id(election_id());
  request.set_min_sequence(sequence);
  const absl::Time deadline = absl::Now() + kShownWithin;
  for (;;) {
    const auto answer = publisher_.GetNationalResult(request);
    if (answer.ok()) return answer->result();
    const bool not_yet = HasReason(answer.status(), reason::kSequenceNotReached) ||
                         HasReason(answer.status(), reason::kElectionUnknown);
    if (!not_yet || absl::Now() > deadline) return answer.status();
    absl::SleepFor(kAskEvery);
  }
}

absl::Status DemoPlayer::Announce(const Announcement& announcement, const v1::Result& result) {
  const auto names = FetchNames(publisher_, election_id(), invocation_.options.language);
  if (!names.ok()) return names.status();
  invocation_.console.out << '\n'
                          << Bold(announcement.name, invocation_.console.out_colours) << '\n'
                          << ResultText(result, *names, invocation_.console.out_colours)
                          << std::flush;
  return absl::OkStatus();
}

void DemoPlayer::RemarkOn(const Announcement& announcement, const v1::Result& result) {
  const absl::Status status = CheckFigures(announcement, result);
  if (status.ok()) return;
  invocation_.console.messages
      << "The result differs from the published one because of later decisions: "
      << ErrorText(status);
}

absl::Status DemoPlayer::ShowHistory() {
  publisher::v1::GetHistoryRequest request;
  request.set_election_id(election_id());
  std::vector<v1::Result> moments(2);
  const absl::Status status = ForEachPage(
      request, [this](const auto& page) { return publisher_.GetHistory(page); },
      [&](const publisher::v1::GetHistoryResponse& page) {
        for (const v1::Result& result : page.results()) {
          for (std::size_t i = 0; i < moments.size(); ++i) {
            if (IsMoment(facts_.announcements[i], result)) moments[i] = result;
          }
        }
        return true;
      });
  if (!status.ok()) return status;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    if (moments[i].candidates().empty()) continue;  // an interrupted run skipped it
    const absl::Status announced = Announce(facts_.announcements[i], moments[i]);
    if (!announced.ok()) return announced;
    RemarkOn(facts_.announcements[i], moments[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Result> DemoPlayer::ShowFinal() {
  publisher::v1::CompareSourcesRequest request;
  request.set_election_id(election_id());
  const auto comparison = publisher_.CompareSources(request);
  if (!comparison.ok()) return comparison.status();
  const auto names = FetchNames(publisher_, election_id(), invocation_.options.language);
  if (!names.ok()) return names.status();
  invocation_.console.out << "\nExit polls compared with the official result\n"
                          << ComparisonText(*comparison, *names, invocation_.console.out_colours);
  const auto final_result = publisher_.GetFinalResult(FinalRequest());
  if (!final_result.ok()) return final_result.status();
  const absl::Status announced = Announce(facts_.announcements[2], final_result->result());
  if (!announced.ok()) return announced;
  return final_result->result();
}

}  // namespace canvass::cli
