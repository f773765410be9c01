#include "services/canvass/bench/soak_record.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace canvass::cli::bench {
namespace {

std::int64_t VotesIn(const v1::StationReport& report) {
  const auto& votes = report.ballots().votes();
  return std::accumulate(votes.begin(), votes.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& each) { return sum + each.count(); });
}

bool SameVotes(const v1::StationReport& a, const v1::StationReport& b) {
  return std::equal(a.ballots().votes().begin(), a.ballots().votes().end(),
                    b.ballots().votes().begin(), b.ballots().votes().end(),
                    [](const v1::CandidateCount& left, const v1::CandidateCount& right) {
                      return left.candidate_id() == right.candidate_id() &&
                             left.count() == right.count();
                    });
}

// Notes the time since `last`, if it was long.
void NoteGap(absl::Time last, absl::Time now, std::vector<SoakGap>& gaps) {
  if (now - last >= SoakRecord::kGapMin) gaps.push_back({.since = last, .lasted = now - last});
}

std::string RuleOf(const v1::Receipt& receipt) {
  for (const v1::Finding& finding : receipt.findings()) {
    if (finding.severity() == v1::SEVERITY_REJECT) return finding.rule();
  }
  return v1::ReceiptState_Name(receipt.state());
}

}  // namespace

std::string ReasonOf(const absl::Status& status) {
  const std::string reason = DetailOf(status).reason;
  if (!reason.empty()) return reason;
  // gRPC's own errors: what is before the last colon names addresses.
  const std::string message(status.message());
  const std::size_t colon = message.rfind(": ");
  return StrCat(absl::StatusCodeToString(status.code()), ", ",
                colon == std::string::npos ? message : message.substr(colon + 2));
}

v1::StationReport SoakElection::ReportOf(std::int64_t station, int revision) const {
  v1::StationReport report = OfRevision(revision).ReportOf(station);
  report.set_revision(revision);
  if (revision > 1) report.set_reason("counted again");
  return report;
}

std::int64_t SoakElection::VotesOf(std::int64_t station, int revision) const {
  return VotesIn(ReportOf(station, revision));
}

SoakRecord::SoakRecord(std::int64_t stations)
    : stations_(static_cast<std::size_t>(stations)),
      acknowledged_at_(absl::Now()),
      read_at_(absl::Now()) {}

void SoakRecord::Begin() {
  const MutexLock lock(mutex_);
  acknowledged_at_ = absl::Now();
  read_at_ = acknowledged_at_;
}

void SoakRecord::Sent(std::int64_t station, int revision) {
  const MutexLock lock(mutex_);
  int& sent = stations_[static_cast<std::size_t>(station)].sent;
  sent = std::max(sent, revision);
}

bool SoakRecord::Received(std::int64_t station, int revision, const v1::Receipt& receipt,
                          absl::Duration waited) {
  const MutexLock lock(mutex_);
  if (receipt.state() == v1::RECEIPT_STATE_QUEUED) {
    ++summary_.queued;
    return false;
  }
  if (receipt.state() != v1::RECEIPT_STATE_RECORDED) {
    ++summary_.noticed[RuleOf(receipt)];
    return false;
  }
  const absl::Time now = absl::Now();
  NoteGap(acknowledged_at_, now, summary_.gaps);
  acknowledged_at_ = now;
  ++summary_.acknowledged;
  if (receipt.repeated_submission()) ++summary_.repeated;
  ++summary_.seconds[absl::ToUnixSeconds(now)].acknowledged;
  summary_.waited_ms.push_back(absl::ToDoubleMilliseconds(waited));
  auto& acknowledged = stations_[static_cast<std::size_t>(station)].acknowledged;
  acknowledged.resize(static_cast<std::size_t>(revision));
  acknowledged.back() = {.sequence = receipt.sequence(), .entry_hash = receipt.entry_hash()};
  return true;
}

void SoakRecord::Retried(const std::string& whom, const absl::Status& why) {
  const MutexLock lock(mutex_);
  const std::string reason = StrCat(whom, ": ", ReasonOf(why));
  ++summary_.retried[reason];
  ++summary_.seconds[absl::ToUnixSeconds(absl::Now())].retried[reason];
}

void SoakRecord::GaveUp(const std::string& whom, const absl::Status& why) {
  const MutexLock lock(mutex_);
  ++summary_.noticed[StrCat(whom, ": ", ReasonOf(why))];
}

void SoakRecord::Read(std::int64_t seen, std::int64_t sequence) {
  const MutexLock lock(mutex_);
  const absl::Time now = absl::Now();
  NoteGap(read_at_, now, summary_.reading_gaps);
  read_at_ = now;
  ++summary_.read;
  if (sequence < seen) ++summary_.noticed["A result went back"];
}

void SoakRecord::End() {
  const MutexLock lock(mutex_);
  NoteGap(acknowledged_at_, absl::Now(), summary_.gaps);
}

SoakRecord::Summary SoakRecord::summary() const {
  const MutexLock lock(mutex_);
  return summary_;
}

SoakLedger::SoakLedger(const SoakElection& election, const SoakRecord& record)
    : election_(election), record_(record), places_(static_cast<std::size_t>(election.stations())) {
  for (std::int64_t station = 0; station < election.stations(); ++station) {
    numbers_.emplace(election.ReportOf(station, 1).station_id(), station);
  }
}

void SoakLedger::Add(const v1::LedgerEntry& entry) {
  last_sequence_ = entry.sequence();
  if (!entry.has_report()) return;
  ++reports_;
  const v1::StationReport& report = entry.report().report();
  const auto number = numbers_.find(report.station_id());
  const int revision = report.revision();
  if (number == numbers_.end() || !IsSent(number->second, revision) ||
      !SameVotes(report, election_.ReportOf(number->second, revision))) {
    ++foreign_;
    return;
  }
  auto& places = places_[static_cast<std::size_t>(number->second)];
  if (places.size() < static_cast<std::size_t>(revision)) {
    places.resize(static_cast<std::size_t>(revision));
  }
  Place& place = places[static_cast<std::size_t>(revision) - 1];
  if (place.sequence > 0) ++doubled_;
  place = {.sequence = entry.sequence(), .entry_hash = entry.entry_hash()};
}

bool SoakLedger::IsSent(std::int64_t station, int revision) const {
  const MutexLock lock(record_.mutex_);
  return revision >= 1 && revision <= record_.stations_[static_cast<std::size_t>(station)].sent;
}

std::int64_t SoakLedger::Lost() const {
  const MutexLock lock(record_.mutex_);
  std::int64_t lost = 0;
  for (std::size_t station = 0; station < places_.size(); ++station) {
    const auto& acknowledged = record_.stations_[station].acknowledged;
    for (std::size_t i = 0; i < acknowledged.size(); ++i) {
      const bool is_there = i < places_[station].size() &&
                            places_[station][i].sequence == acknowledged[i].sequence &&
                            places_[station][i].entry_hash == acknowledged[i].entry_hash;
      if (!is_there) ++lost;
    }
  }
  return lost;
}

std::int64_t SoakLedger::Votes() const {
  std::int64_t votes = 0;
  for (std::size_t station = 0; station < places_.size(); ++station) {
    if (places_[station].empty()) continue;
    votes += election_.VotesOf(static_cast<std::int64_t>(station),
                               static_cast<int>(places_[station].size()));
  }
  return votes;
}

}  // namespace canvass::cli::bench
