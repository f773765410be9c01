#include "common/election/contest_count.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/base/index.h"
#include "common/election/area_order.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_reports.h"
#include "common/election/tally.h"

namespace canvass::election {
namespace {

// What a station in this state adds to progress.
Progress ProgressOf(const Station& station, bool closed, bool in_sample, StationState state) {
  Progress progress;
  if (!in_sample) return progress;
  if (closed) {
    progress.closed = 1;
    return progress;
  }
  progress.expected = 1;
  progress.registered_expected = station.registered_voters.value_or(0);
  progress.counted = state == StationState::kCounted ? 1 : 0;
  progress.held = state == StationState::kHeld ? 1 : 0;
  progress.annulled = state == StationState::kAnnulled ? 1 : 0;
  if (progress.counted == 1) progress.registered_counted = progress.registered_expected;
  return progress;
}

}  // namespace

std::vector<Progress> ProgressWithoutReports(const Definition& definition, const AreaOrder& areas,
                                             int area_no, std::string_view sample_tag) {
  std::vector<Progress> progress(Index(areas.SizeOf(area_no)));
  for (std::size_t i = 0; i < progress.size(); ++i) {
    const int area = areas.AreaAt(areas.PositionOf(area_no) + static_cast<int>(i));
    for (const int station_no : definition.StationsInArea(area)) {
      const bool expected = sample_tag.empty() || definition.HasTag(station_no, sample_tag);
      Merge(progress[i],
            ProgressOf(definition.stations()[Index(station_no)], definition.IsClosed(station_no),
                       expected, StationState::kMissing));
    }
  }
  return progress;
}

ContestCount::ContestCount(const Definition& definition, const AreaOrder& areas, int contest_no,
                           int source_no)
    : definition_(definition),
      areas_(areas),
      contest_no_(contest_no),
      source_no_(source_no),
      reports_(definition.contests()[Index(contest_no)].candidates.size()) {}

void ContestCount::Rebuild(const std::vector<Progress>& without_reports) {
  // The ballot may still change while nothing was reported, and rows are as wide as it.
  if (reports_.empty()) {
    reports_ = StationReports(definition_.contests()[Index(contest_no_)].candidates.size());
  }
  sums_.assign(without_reports.size(), AreaSums());
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].progress = without_reports[i];
  reports_.ForEach([this](int station_no) { AddDirectly(station_no); });
  AddUp();
}

void ContestCount::AddDirectly(int station_no) {
  const StationPart part = PartOf(station_no);
  if (part.counting) {
    Add(SumsOf(definition_.AreaOfStation(station_no)).tally, part.counting->counts,
        part.counting->flagged);
  }
  const auto settle = [&](int affected_no) {
    const int area = definition_.AreaOfStation(affected_no);
    if (!areas_.IsWithin(area, area_no())) return;
    Progress& progress = SumsOf(area).progress;
    Subtract(progress, ProgressOfStation(affected_no, StationState::kMissing));
    Merge(progress, ProgressOfStation(affected_no, part.state));
  };
  settle(station_no);
  for (const int merged_no : definition_.StationsCountedHere(station_no)) settle(merged_no);
}

void ContestCount::AddUp() {
  const int first = areas_.PositionOf(area_no());
  for (std::size_t i = sums_.size(); i-- > 1;) {
    const int area = areas_.AreaAt(first + static_cast<int>(i));
    AreaSums& parent = SumsOf(definition_.ParentOfArea(area));
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
  reopening_.reset();
}

void ContestCount::Reopen(std::int64_t sequence, const ContestReopening& reopening) {
  reopening_ = RecordedReopening{.sequence = sequence, .reopening = reopening};
}

void ContestCount::Change(std::int64_t sequence, int station_no, absl::FunctionRef<void()> fold) {
  const StationPart before = PartOf(station_no);
  fold();
  const StationPart after = PartOf(station_no);
  MoveCounts(station_no, before, after);
  MoveProgress(station_no, before, after);
  MoveHeld(before, after);
  last_change_ = std::max(last_change_, sequence);
}

ContestCount::StationPart ContestCount::PartOf(int station_no) const {
  const StationStanding standing = reports_.StandingOf(station_no);
  return {.counting = reports_.FindCounting(station_no),
          .state = standing.state,
          .held_sequence = standing.newest_is_held ? standing.newest_sequence : 0};
}

void ContestCount::MoveCounts(int station_no, const StationPart& before, const StationPart& after) {
  const std::int64_t counted_before = before.counting ? before.counting->sequence : 0;
  const std::int64_t counted_after = after.counting ? after.counting->sequence : 0;
  if (counted_before == counted_after) return;
  ForEachAreaOf(station_no, [&](AreaSums& sums) {
    if (before.counting) Subtract(sums.tally, before.counting->counts, before.counting->flagged);
    if (after.counting) Add(sums.tally, after.counting->counts, after.counting->flagged);
  });
}

void ContestCount::MoveProgress(int station_no, const StationPart& before,
                                const StationPart& after) {
  if (before.state == after.state) return;
  const auto move = [&](int affected_no) {
    const Progress left = ProgressOfStation(affected_no, before.state);
    const Progress entered = ProgressOfStation(affected_no, after.state);
    ForEachAreaOf(affected_no, [&](AreaSums& sums) {
      Subtract(sums.progress, left);
      Merge(sums.progress, entered);
    });
  };
  move(station_no);
  for (const int merged_no : definition_.StationsCountedHere(station_no)) {
    if (areas_.IsWithin(definition_.AreaOfStation(merged_no), area_no())) move(merged_no);
  }
}

void ContestCount::MoveHeld(const StationPart& before, const StationPart& after) {
  if (before.held_sequence == after.held_sequence) return;
  if (before.held_sequence != 0) held_sequences_.erase(before.held_sequence);
  if (after.held_sequence != 0) held_sequences_.insert(after.held_sequence);
}

template <typename Visit>
void ContestCount::ForEachAreaOf(int station_no, const Visit& visit) {
  const int top = area_no();
  int area = definition_.AreaOfStation(station_no);
  while (area != top) {
    visit(SumsOf(area));
    area = definition_.ParentOfArea(area);
  }
  visit(SumsOf(top));
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
  const int contest_area = this->area_no();
  const bool above = areas_.IsWithin(contest_area, area_no);
  if (!above && !areas_.IsWithin(area_no, contest_area)) return;
  const int top = above ? contest_area : area_no;
  const int first = areas_.PositionOf(top);
  for (int position = first; position < first + areas_.SizeOf(top); ++position) {
    for (const int station_no : definition_.StationsInArea(areas_.AreaAt(position))) {
      if (definition_.HasTag(station_no, tag)) visit(station_no);
    }
  }
}

StationStanding ContestCount::StandingOf(int station_no) const {
  StationStanding standing = reports_.StandingOf(station_no);
  standing.state =
      definition_.IsClosed(station_no) ? StationState::kClosed : ReportedState(station_no);
  return standing;
}

ResultStatus ContestCount::StatusOf(int area_no) const {
  const AreaSums* const sums = FindSums(area_no);
  if (sums == nullptr) return ResultStatus::kPreElection;
  if (reopening_) {
    return reopening_->reopening.status == ReopeningStatus::kRecount ? ResultStatus::kRecount
                                                                     : ResultStatus::kCorrection;
  }
  if (certified_) return ResultStatus::kCertified;
  const Progress& progress = sums->progress;
  if (progress.expected == progress.missing()) return ResultStatus::kPreElection;
  return progress.complete() ? ResultStatus::kUnofficialComplete : ResultStatus::kUnofficialPartial;
}

const PublishedPoll* ContestCount::FindPoll(int area_no, std::int32_t revision) const {
  const auto published = polls_.find(area_no);
  if (published == polls_.end()) return nullptr;
  if (revision == 0) return &published->second.back();
  if (revision < 0 || Index(revision) > published->second.size()) return nullptr;
  return &published->second[Index(revision) - 1];
}

ContestCount::AreaSums& ContestCount::SumsOf(int area_no) {
  return sums_[Index(areas_.PositionOf(area_no) - areas_.PositionOf(this->area_no()))];
}

const ContestCount::AreaSums* ContestCount::FindSums(int area_no) const {
  const int contest_area = this->area_no();
  // Above the contest's area nothing else is added.
  if (areas_.IsWithin(contest_area, area_no)) return &sums_.front();
  if (!areas_.IsWithin(area_no, contest_area)) return nullptr;
  return &sums_[Index(areas_.PositionOf(area_no) - areas_.PositionOf(contest_area))];
}

StationState ContestCount::ReportedState(int station_no) const {
  return reports_.StandingOf(definition_.CountedAt(station_no)).state;
}

bool ContestCount::IsInSample(int station_no) const {
  const std::string& sample_tag = definition_.sources()[Index(source_no_)].sample_tag;
  return sample_tag.empty() || definition_.HasTag(station_no, sample_tag);
}

Progress ContestCount::ProgressOfStation(int station_no, StationState reported) const {
  return ProgressOf(definition_.stations()[Index(station_no)], definition_.IsClosed(station_no),
                    IsInSample(station_no), reported);
}

}  // namespace canvass::election
