#include "common/election/contest_count.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_reports.h"
#include "common/election/tally.h"
#include "common/election/territory.h"

namespace canvass::election {
namespace {

// Returns what a station in this state adds to progress.
Progress ProgressOf(const Territory::StationPlace& station, bool in_sample, StationState state) {
  Progress progress;
  if (!in_sample) return progress;
  if (station.closed) {
    progress.closed = 1;
    return progress;
  }
  progress.expected = 1;
  progress.registered_expected = station.registered_voters;
  progress.counted = state == StationState::kCounted ? 1 : 0;
  progress.held = state == StationState::kHeld ? 1 : 0;
  progress.annulled = state == StationState::kAnnulled ? 1 : 0;
  if (progress.counted == 1) progress.registered_counted = station.registered_voters;
  return progress;
}

// Returns 1 if a report counts and a correction of it is held, otherwise 0.
int HasHeldCorrection(const StationStanding& standing) {
  return standing.newest_is_held && standing.counting_revision != 0 ? 1 : 0;
}

}  // namespace

std::vector<Progress> ProgressWithoutReports(const Definition& definition,
                                             const Territory& territory, int area_no,
                                             std::string_view sample_tag) {
  const int top = territory.PositionOf(area_no);
  std::vector<Progress> progress(Index(territory.SizeAt(top)));
  for (std::size_t i = 0; i < progress.size(); ++i) {
    const int area = territory.AreaAt(top + static_cast<int>(i));
    for (const int station_no : definition.StationsInArea(area)) {
      const bool in_sample = definition.IsInSample(station_no, sample_tag);
      Merge(progress[i],
            ProgressOf(territory.PlaceOf(station_no), in_sample, StationState::kMissing));
    }
  }
  return progress;
}

ContestCount::ContestCount(const Definition& definition, const Territory& territory, int contest_no,
                           int source_no)
    : definition_(definition),
      territory_(territory),
      contest_no_(contest_no),
      source_no_(source_no),
      reports_(territory, definition.AreaOfContest(contest_no),
               definition.contests()[Index(contest_no)].candidates.size()) {}

void ContestCount::Rebuild(const std::vector<Progress>& without_reports) {
  const int area_no = definition_.AreaOfContest(contest_no_);
  // The number of candidates may change until the first report, and it sets the width of the rows.
  if (reports_.empty()) {
    reports_ = StationReports(territory_, area_no,
                              definition_.contests()[Index(contest_no_)].candidates.size());
  } else {
    reports_.FollowTerritory(territory_, area_no);
  }
  sums_.assign(without_reports.size(), AreaSums());
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].progress = without_reports[i];
  reports_.ForEach([this](int station_no) { AddDirectly(station_no); });
  AddUp();
}

void ContestCount::AddDirectly(int station_no) {
  const StationState state = reports_.StandingOf(station_no).state;
  if (const std::optional<CountingReport> counting = reports_.FindCounting(station_no)) {
    Add(SumsAt(territory_.PlaceOf(station_no).position).tally, counting->counts, counting->flagged);
  }
  const auto settle = [&](int affected_no) {
    const int position = territory_.PlaceOf(affected_no).position;
    if (!territory_.IsWithin(position, top())) return;
    Progress& progress = SumsAt(position).progress;
    Subtract(progress, ProgressOfStation(affected_no, StationState::kMissing));
    Merge(progress, ProgressOfStation(affected_no, state));
  };
  // While a station is counted at another one, its own reports do not affect its progress.
  if (definition_.CountedAt(station_no) == station_no) settle(station_no);
  for (const int merged_no : definition_.StationsCountedHere(station_no)) settle(merged_no);
}

void ContestCount::AddUp() {
  for (std::size_t i = sums_.size(); i-- > 1;) {
    AreaSums& parent = SumsAt(territory_.ParentAt(top() + static_cast<int>(i)));
    Merge(parent.tally, sums_[i].tally);
    Merge(parent.progress, sums_[i].progress);
  }
}

void ContestCount::Record(std::int64_t sequence, const ReportRecorded& report) {
  Change(sequence, report.key.station_no, [&] { reports_.Record(sequence, report); });
}

void ContestCount::Release(std::int64_t sequence, const ReportRelease& release) {
  Change(sequence, release.key.station_no, [&] { reports_.Release(sequence, release); });
}

void ContestCount::Annul(std::int64_t sequence, const ReportAnnulment& annulment) {
  Change(sequence, annulment.key.station_no, [&] { reports_.Annul(sequence, annulment); });
}

void ContestCount::Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement) {
  Change(sequence, reinstatement.key.station_no,
         [&] { reports_.Reinstate(sequence, reinstatement); });
}

void ContestCount::Publish(std::int64_t sequence, const PollFigures& figures) {
  polls_[figures.area_no].push_back({.sequence = sequence, .figures = figures});
  last_change_ = std::max(last_change_, sequence);
}

void ContestCount::Certify(std::int64_t sequence, absl::Time certified_at,
                           const ResultCertification& certification) {
  certified_ =
      Certified{.sequence = sequence, .certified_at = certified_at, .certification = certification};
  if (!reopenings_.empty() && reopenings_.back().superseded_sequence == 0) {
    reopenings_.back().superseded_sequence = sequence;
  }
}

void ContestCount::Reopen(std::int64_t sequence, const ContestReopening& reopening) {
  reopenings_.push_back({.sequence = sequence, .reopening = reopening});
}

void ContestCount::Change(std::int64_t sequence, int station_no, absl::FunctionRef<void()> fold) {
  const StationStanding before = reports_.StandingOf(station_no);
  const std::optional<CountingReport> counted_before = reports_.FindCounting(station_no);
  fold();
  const StationStanding after = reports_.StandingOf(station_no);
  if (before.counting_sequence != after.counting_sequence) {
    MoveCounts(station_no, counted_before, reports_.FindCounting(station_no));
  }
  if (before.state != after.state) MoveProgress(station_no, before.state, after.state);
  if (before.newest_is_held) held_sequences_.erase(before.newest_sequence);
  if (after.newest_is_held) held_sequences_.insert(after.newest_sequence);
  held_corrections_ += HasHeldCorrection(after) - HasHeldCorrection(before);
  last_change_ = std::max(last_change_, sequence);
}

void ContestCount::MoveCounts(int station_no, const std::optional<CountingReport>& before,
                              const std::optional<CountingReport>& after) {
  ForEachAreaOf(station_no, [&](AreaSums& sums) {
    if (before) Subtract(sums.tally, before->counts, before->flagged);
    if (after) Add(sums.tally, after->counts, after->flagged);
  });
}

void ContestCount::MoveProgress(int station_no, StationState before, StationState after) {
  const auto move = [&](int affected_no) {
    const Progress left = ProgressOfStation(affected_no, before);
    const Progress entered = ProgressOfStation(affected_no, after);
    ForEachAreaOf(affected_no, [&](AreaSums& sums) {
      Subtract(sums.progress, left);
      Merge(sums.progress, entered);
    });
  };
  if (definition_.CountedAt(station_no) == station_no) move(station_no);
  for (const int merged_no : definition_.StationsCountedHere(station_no)) {
    if (territory_.IsWithin(territory_.PlaceOf(merged_no).position, top())) move(merged_no);
  }
}

template <typename Visit>
void ContestCount::ForEachAreaOf(int station_no, const Visit& visit) {
  const int top = this->top();
  int position = territory_.PlaceOf(station_no).position;
  while (position != top) {
    visit(sums_[Index(position - top)]);
    position = territory_.ParentAt(position);
  }
  visit(sums_.front());
}

const Tally& ContestCount::TallyOfArea(int area_no) const {
  static const auto& nothing = *new Tally();
  const AreaSums* const sums = FindSums(area_no);
  return sums == nullptr ? nothing : sums->tally;
}

Progress ContestCount::ProgressOfArea(int area_no) const {
  const AreaSums* const sums = FindSums(area_no);
  return sums == nullptr ? Progress() : sums->progress;
}

Tally ContestCount::TallyOfTag(int area_no, std::string_view tag) const {
  Tally tally;
  ForEachTagged(area_no, tag, [&](int station_no) {
    const std::optional<CountingReport> counting = reports_.FindCounting(station_no);
    if (counting) Add(tally, counting->counts, counting->flagged);
  });
  return tally;
}

Progress ContestCount::ProgressOfTag(int area_no, std::string_view tag) const {
  Progress progress;
  ForEachTagged(area_no, tag, [&](int station_no) {
    Merge(progress, ProgressOfStation(station_no, ReportedState(station_no)));
  });
  return progress;
}

void ContestCount::ForEachTagged(int area_no, std::string_view tag,
                                 absl::FunctionRef<void(int station_no)> visit) const {
  const int area = territory_.PositionOf(area_no);
  const bool above = territory_.IsWithin(top(), area);
  if (!above && !territory_.IsWithin(area, top())) return;
  const int first = above ? top() : area;
  for (int position = first; position < first + territory_.SizeAt(first); ++position) {
    for (const int station_no : definition_.StationsInArea(territory_.AreaAt(position))) {
      if (definition_.HasTag(station_no, tag)) visit(station_no);
    }
  }
}

StationStanding ContestCount::StandingOf(int station_no) const {
  StationStanding standing = reports_.StandingOf(station_no);
  standing.state =
      territory_.PlaceOf(station_no).closed ? StationState::kClosed : ReportedState(station_no);
  return standing;
}

ResultStatus ContestCount::StatusOf(int area_no) const {
  const AreaSums* const sums = FindSums(area_no);
  if (sums == nullptr) return ResultStatus::kPreElection;
  if (const RecordedReopening* const reopened = reopening(); reopened != nullptr) {
    return reopened->reopening.status == ReopeningStatus::kRecount ? ResultStatus::kRecount
                                                                   : ResultStatus::kCorrection;
  }
  if (certified_) return ResultStatus::kCertified;
  const Progress& progress = sums->progress;
  if (progress.expected == progress.missing()) return ResultStatus::kPreElection;
  return progress.complete() ? ResultStatus::kUnofficialComplete : ResultStatus::kUnofficialPartial;
}

const RecordedReopening* ContestCount::reopening() const {
  if (reopenings_.empty() || reopenings_.back().superseded_sequence != 0) return nullptr;
  return &reopenings_.back();
}

const PublishedPoll* ContestCount::FindPoll(int area_no, std::int32_t revision) const {
  const auto published = polls_.find(area_no);
  if (published == polls_.end()) return nullptr;
  if (revision == 0) return &published->second.back();
  if (revision < 0 || Index(revision) > published->second.size()) return nullptr;
  return &published->second[Index(revision) - 1];
}

const ContestCount::AreaSums* ContestCount::FindSums(int area_no) const {
  const int position = territory_.PositionOf(area_no);
  // The areas above the contest's area have the same sums as the contest's area.
  if (territory_.IsWithin(top(), position)) return &sums_.front();
  if (!territory_.IsWithin(position, top())) return nullptr;
  return &sums_[Index(position - top())];
}

StationState ContestCount::ReportedState(int station_no) const {
  return reports_.StandingOf(definition_.CountedAt(station_no)).state;
}

bool ContestCount::IsInSample(int station_no) const {
  assert(territory_.IsWithin(territory_.PlaceOf(station_no).position, top()));
  return definition_.IsInSample(station_no, definition_.sources()[Index(source_no_)].sample_tag);
}

Progress ContestCount::ProgressOfStation(int station_no, StationState reported) const {
  return ProgressOf(territory_.PlaceOf(station_no), IsInSample(station_no), reported);
}

}  // namespace canvass::election
