#include "tests/support/reference_count.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/rule.h"
#include "common/election/standing.h"
#include "common/election/tally.h"

namespace canvass::testing {
namespace {

using election::ContestReopening;
using election::Counts;
using election::DefinitionChange;
using election::DefinitionSeal;
using election::Entry;
using election::PollFigures;
using election::Progress;
using election::ReportAnnulment;
using election::ReportRecorded;
using election::ReportReinstatement;
using election::ReportRelease;
using election::ResultCertification;
using election::ResultStatus;
using election::StationKey;
using election::StationState;
using election::Sum;
using election::Tally;

template <typename Part>
void Put(std::vector<Part>& parts, const std::vector<Part>& changed) {
  for (const Part& part : changed) {
    const auto old = std::find_if(parts.begin(), parts.end(),
                                  [&](const Part& known) { return known.id == part.id; });
    if (old == parts.end()) {
      parts.push_back(part);
    } else {
      *old = part;
    }
  }
}

template <typename Part>
int NumberOf(const std::vector<Part>& parts, const std::string& id) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].id == id) return static_cast<int>(i);
  }
  return -1;
}

void AddNumber(Sum& sum, int number) {
  if (number < 0) {
    sum.unknown += 1;
  } else {
    sum.total += number;
  }
}

bool HasWarning(const ReportRecorded& report) {
  for (const election::Finding& finding : report.findings) {
    if (finding.severity == election::Severity::kWarn) return true;
  }
  return false;
}

// The contest and source that an event is about; null for the definition's.
struct Subject {
  int contest_no = -1;
  int source_no = -1;
  bool changes_figures = false;
};

Subject SubjectOf(const Entry& entry) {
  const auto of_key = [](const StationKey& key) {
    return Subject{key.contest_no, key.source_no, true};
  };
  if (const auto* event = std::get_if<ReportRecorded>(&entry.event)) return of_key(event->key);
  if (const auto* event = std::get_if<ReportRelease>(&entry.event)) return of_key(event->key);
  if (const auto* event = std::get_if<ReportAnnulment>(&entry.event)) return of_key(event->key);
  if (const auto* event = std::get_if<ReportReinstatement>(&entry.event)) return of_key(event->key);
  if (const auto* event = std::get_if<PollFigures>(&entry.event)) {
    return {event->contest_no, event->source_no, true};
  }
  if (const auto* event = std::get_if<ResultCertification>(&entry.event)) {
    return {event->contest_no, event->source_no, false};
  }
  if (const auto* event = std::get_if<ContestReopening>(&entry.event)) {
    return {event->contest_no, event->source_no, false};
  }
  return {};
}

}  // namespace

ReferenceCount::ReferenceCount(const std::vector<Entry>& entries) : entries_(entries) {
  std::vector<const DefinitionChange*> unsealed;
  for (const Entry& entry : entries_) {
    if (const auto* change = std::get_if<DefinitionChange>(&entry.event)) {
      unsealed.push_back(change);
    } else if (std::holds_alternative<DefinitionSeal>(entry.event)) {
      for (const DefinitionChange* sealed : unsealed) Define(*sealed);
      unsealed.clear();
    }
  }
}

void ReferenceCount::Define(const DefinitionChange& change) {
  Put(contests_, change.contests);
  Put(sources_, change.sources);
  Put(areas_, change.areas);
  Put(stations_, change.stations);
}

int ReferenceCount::AreaNo(const std::string& area_id) const { return NumberOf(areas_, area_id); }

int ReferenceCount::StationNo(const std::string& station_id) const {
  return NumberOf(stations_, station_id);
}

bool ReferenceCount::LiesBelow(int station_no, int area_no) const {
  std::string area_id = stations_[static_cast<std::size_t>(station_no)].area_id;
  while (!area_id.empty()) {
    if (AreaNo(area_id) == area_no) return true;
    area_id = areas_[static_cast<std::size_t>(AreaNo(area_id))].parent_id;
  }
  return false;
}

bool ReferenceCount::HasTag(int station_no, const std::string& tag) const {
  if (tag.empty()) return true;
  const std::vector<std::string>& tags = stations_[static_cast<std::size_t>(station_no)].tags;
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool ReferenceCount::IsClosed(int station_no) const {
  return !stations_[static_cast<std::size_t>(station_no)].closed_reason.value_or("").empty();
}

int ReferenceCount::CountedAt(int station_no) const {
  const std::string other =
      stations_[static_cast<std::size_t>(station_no)].counted_at_station_id.value_or("");
  return other.empty() ? station_no : StationNo(other);
}

bool ReferenceCount::IsAskedFor(int contest_no, int source_no, int station_no) const {
  const std::string& area_id = contests_[static_cast<std::size_t>(contest_no)].area_id;
  const std::string& sample = sources_[static_cast<std::size_t>(source_no)].sample_tag;
  return LiesBelow(station_no, AreaNo(area_id)) && HasTag(CountedAt(station_no), sample);
}

std::vector<const Entry*> ReferenceCount::ReportsOf(const StationKey& key) const {
  std::vector<const Entry*> reports;
  for (const Entry& entry : entries_) {
    const auto* report = std::get_if<ReportRecorded>(&entry.event);
    if (report != nullptr && report->key == key) reports.push_back(&entry);
  }
  return reports;
}

const ReportAnnulment* ReferenceCount::AnnulmentOf(const StationKey& key) const {
  const ReportAnnulment* in_force = nullptr;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto* annulment = std::get_if<ReportAnnulment>(&entries_[i].event);
    if (annulment == nullptr || !(annulment->key == key)) continue;
    bool taken_back = false;
    for (std::size_t later = i + 1; later < entries_.size(); ++later) {
      const auto* reinstatement = std::get_if<ReportReinstatement>(&entries_[later].event);
      if (reinstatement == nullptr || !(reinstatement->key == key)) continue;
      if (reinstatement->revision == annulment->revision) taken_back = true;
    }
    if (!taken_back) in_force = annulment;
  }
  return in_force;
}

bool ReferenceCount::IsAnnulled(const ReportRecorded& report) const {
  const ReportAnnulment* const annulment = AnnulmentOf(report.key);
  return annulment != nullptr && report.revision <= annulment->revision;
}

bool ReferenceCount::IsReleased(const ReportRecorded& report) const {
  for (const Entry& entry : entries_) {
    const auto* release = std::get_if<ReportRelease>(&entry.event);
    if (release != nullptr && release->key == report.key && release->revision == report.revision) {
      return true;
    }
  }
  return false;
}

bool ReferenceCount::IsWaiting(const ReportRecorded& report) const {
  return report.held && !IsReleased(report) && !IsAnnulled(report);
}

const Entry* ReferenceCount::CountingReportOf(const StationKey& key) const {
  const Entry* counting = nullptr;
  for (const Entry* entry : ReportsOf(key)) {
    const auto& report = std::get<ReportRecorded>(entry->event);
    if (!IsAnnulled(report) && !IsWaiting(report)) counting = entry;
  }
  return counting;
}

StationState ReferenceCount::StateOf(const StationKey& key) const {
  if (IsClosed(key.station_no)) return StationState::kClosed;
  const StationKey at{key.contest_no, key.source_no, CountedAt(key.station_no)};
  if (CountingReportOf(at) != nullptr) return StationState::kCounted;
  const std::vector<const Entry*> reports = ReportsOf(at);
  if (!reports.empty() && IsWaiting(std::get<ReportRecorded>(reports.back()->event))) {
    return StationState::kHeld;
  }
  const ReportAnnulment* const annulment = AnnulmentOf(at);
  if (annulment != nullptr && !annulment->station_expected_again) return StationState::kAnnulled;
  return StationState::kMissing;
}

Tally ReferenceCount::TallyOf(int contest_no, int source_no, int area_no,
                              const std::string& tag) const {
  Tally tally;
  for (int station_no = 0; station_no < static_cast<int>(stations_.size()); ++station_no) {
    if (!LiesBelow(station_no, area_no) || !HasTag(station_no, tag)) continue;
    const Entry* const entry = CountingReportOf({contest_no, source_no, station_no});
    if (entry == nullptr) continue;
    const auto& report = std::get<ReportRecorded>(entry->event);
    tally.reports += 1;
    tally.flagged += HasWarning(report) ? 1 : 0;
    const Counts& counts = report.counts;
    AddNumber(tally.registered_voters, counts.registered_voters);
    AddNumber(tally.ballots_issued, counts.ballots_issued);
    AddNumber(tally.ballots_cast, counts.ballots_cast);
    AddNumber(tally.blank_votes, counts.blank_votes);
    AddNumber(tally.invalid_votes, counts.invalid_votes);
    AddNumber(tally.asked, counts.asked);
    AddNumber(tally.refused, counts.refused);
    AddNumber(tally.undecided, counts.undecided);
    tally.votes.resize(contests_[static_cast<std::size_t>(contest_no)].candidates.size());
    for (std::size_t i = 0; i < tally.votes.size(); ++i) AddNumber(tally.votes[i], counts.votes[i]);
  }
  return tally;
}

Progress ReferenceCount::ProgressOf(int contest_no, int source_no, int area_no,
                                    const std::string& tag) const {
  Progress progress;
  for (int station_no = 0; station_no < static_cast<int>(stations_.size()); ++station_no) {
    if (!LiesBelow(station_no, area_no) || !HasTag(station_no, tag)) continue;
    if (!IsAskedFor(contest_no, source_no, station_no)) continue;
    const StationState state = StateOf({contest_no, source_no, station_no});
    if (state == StationState::kClosed) {
      progress.closed += 1;
      continue;
    }
    const std::int64_t registered =
        stations_[static_cast<std::size_t>(station_no)].registered_voters.value_or(0);
    progress.expected += 1;
    progress.registered_expected += registered;
    if (state == StationState::kCounted) {
      progress.counted += 1;
      progress.registered_counted += registered;
    }
    if (state == StationState::kHeld) progress.held += 1;
    if (state == StationState::kAnnulled) progress.annulled += 1;
  }
  return progress;
}

bool ReferenceCount::IsAtOrBelow(int area_no, int ancestor_no) const {
  for (int area = area_no; area >= 0;
       area = AreaNo(areas_[static_cast<std::size_t>(area)].parent_id)) {
    if (area == ancestor_no) return true;
  }
  return false;
}

ResultStatus ReferenceCount::StatusOf(int contest_no, int source_no, int area_no) const {
  const int contest_area = AreaNo(contests_[static_cast<std::size_t>(contest_no)].area_id);
  if (!IsAtOrBelow(area_no, contest_area) && !IsAtOrBelow(contest_area, area_no)) {
    return ResultStatus::kPreElection;
  }
  const Progress progress = ProgressOf(contest_no, source_no, area_no, "");
  ResultStatus status = ResultStatus::kUnofficialPartial;
  if (progress.counted + progress.annulled == progress.expected) {
    status = ResultStatus::kUnofficialComplete;
  }
  if (progress.counted + progress.annulled + progress.held == 0) {
    status = ResultStatus::kPreElection;
  }
  for (const Entry& entry : entries_) {
    const Subject subject = SubjectOf(entry);
    if (subject.contest_no != contest_no || subject.source_no != source_no) continue;
    if (std::holds_alternative<ResultCertification>(entry.event)) {
      status = ResultStatus::kCertified;
    }
    if (const auto* reopening = std::get_if<ContestReopening>(&entry.event)) {
      status = reopening->status == election::ReopeningStatus::kRecount ? ResultStatus::kRecount
                                                                        : ResultStatus::kCorrection;
    }
  }
  return status;
}

std::vector<std::int64_t> ReferenceCount::HeldReports() const {
  std::vector<std::int64_t> sequences;
  for (const Entry& entry : entries_) {
    const auto* report = std::get_if<ReportRecorded>(&entry.event);
    if (report == nullptr || ReportsOf(report->key).back() != &entry) continue;
    if (IsWaiting(*report)) sequences.push_back(entry.sequence);
  }
  return sequences;
}

int ReferenceCount::HeldCorrections(int contest_no, int source_no) const {
  int corrections = 0;
  for (int station_no = 0; station_no < static_cast<int>(stations_.size()); ++station_no) {
    const StationKey key{contest_no, source_no, station_no};
    const std::vector<const Entry*> reports = ReportsOf(key);
    if (reports.empty() || CountingReportOf(key) == nullptr) continue;
    if (IsWaiting(std::get<ReportRecorded>(reports.back()->event))) ++corrections;
  }
  return corrections;
}

std::int64_t ReferenceCount::LastChangeOf(int contest_no, int source_no) const {
  std::int64_t last = 0;
  for (const Entry& entry : entries_) {
    const Subject subject = SubjectOf(entry);
    const bool ours = subject.contest_no == contest_no && subject.source_no == source_no;
    if (ours && subject.changes_figures) last = std::max(last, entry.sequence);
    if (std::holds_alternative<DefinitionSeal>(entry.event)) last = std::max(last, entry.sequence);
  }
  return last;
}

}  // namespace canvass::testing
