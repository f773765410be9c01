#include "common/election/station_reports.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/index.h"
#include "common/election/event.h"
#include "common/election/rule.h"
#include "common/election/standing.h"
#include "common/election/station_history.h"

namespace canvass::election {
namespace {

bool HasWarning(const ReportRecorded& report) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::kWarn; });
}

Revision ToRevision(std::int64_t sequence, const ReportRecorded& report) {
  return {.sequence = sequence,
          .revision = report.revision,
          .held = report.held,
          .flagged = HasWarning(report),
          .counts = report.counts};
}

}  // namespace

StationReports::StationReports(const Territory& territory, int area_no, std::size_t candidates)
    : index_(territory, area_no), counts_(candidates) {}

void StationReports::FollowTerritory(const Territory& territory, int area_no) {
  index_ = StationIndex(territory, area_no);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    index_.Set(rows_[i].station_no, static_cast<std::int32_t>(i + 1));
  }
  // A station with a history may have left a row behind.
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    index_.Set(histories_[i].station_no, -static_cast<std::int32_t>(i + 1));
  }
}

void StationReports::Record(std::int64_t sequence, const ReportRecorded& report) {
  const int station_no = report.key.station_no;
  if (Has(station_no)) {
    HistoryOf(station_no).Record(ToRevision(sequence, report));
  } else if (report.held) {
    BeginHistory(station_no, ToRevision(sequence, report));
  } else {
    rows_.push_back({.sequence = sequence,
                     .flagged = HasWarning(report),
                     .station_no = station_no,
                     .counts = counts_.Append(report.counts)});
    index_.Set(station_no, static_cast<std::int32_t>(rows_.size()));
  }
}

void StationReports::Release(std::int64_t sequence, const ReportRelease& release) {
  assert(Has(release.key.station_no));
  HistoryOf(release.key.station_no).Release(sequence, release.revision);
}

void StationReports::Annul(std::int64_t sequence, const ReportAnnulment& annulment) {
  assert(Has(annulment.key.station_no));
  HistoryOf(annulment.key.station_no).Annul({.sequence = sequence, .annulment = annulment});
}

void StationReports::Reinstate(std::int64_t sequence, const ReportReinstatement& reinstatement) {
  assert(Has(reinstatement.key.station_no));
  HistoryOf(reinstatement.key.station_no)
      .Reinstate({.sequence = sequence, .reinstatement = reinstatement});
}

void StationReports::ForEach(absl::FunctionRef<void(int station_no)> visit) const {
  for (const Row& row : rows_) {
    if (index_.Get(row.station_no) > 0) visit(row.station_no);
  }
  for (const StationWithHistory& station : histories_) visit(station.station_no);
}

StationStanding StationReports::StandingOf(int station_no) const {
  if (const Row* const row = FindRow(station_no)) {
    return {.state = StationState::kCounted,
            .newest_revision = 1,
            .newest_sequence = row->sequence,
            .counting_revision = 1,
            .counting_sequence = row->sequence,
            .flagged = row->flagged};
  }
  const StationHistory* const history = FindHistory(station_no);
  return history == nullptr ? StationStanding() : history->Standing();
}

std::optional<CountingReport> StationReports::FindCounting(int station_no) const {
  if (const Row* const row = FindRow(station_no)) {
    return CountingReport{
        .sequence = row->sequence, .flagged = row->flagged, .counts = counts_.Get(row->counts)};
  }
  const StationHistory* const history = FindHistory(station_no);
  const Revision* const counting = history == nullptr ? nullptr : history->Counting();
  if (counting == nullptr) return std::nullopt;
  return CountingReport{
      .sequence = counting->sequence, .flagged = counting->flagged, .counts = counting->counts};
}

std::optional<std::int64_t> StationReports::FindRevision(int station_no,
                                                         std::int32_t revision) const {
  if (const Row* const row = FindRow(station_no)) {
    if (revision > 1 || revision < 0) return std::nullopt;
    return row->sequence;
  }
  const StationHistory* const history = FindHistory(station_no);
  if (history == nullptr) return std::nullopt;
  if (revision == 0) return history->newest().sequence;
  const Revision* const found = history->Find(revision);
  if (found == nullptr) return std::nullopt;
  return found->sequence;
}

const StationHistory* StationReports::FindHistory(int station_no) const {
  const std::int32_t place = index_.Get(station_no);
  return place < 0 ? &histories_[Index(-place) - 1].history : nullptr;
}

const StationReports::Row* StationReports::FindRow(int station_no) const {
  const std::int32_t place = index_.Get(station_no);
  return place > 0 ? &rows_[Index(place) - 1] : nullptr;
}

StationHistory& StationReports::HistoryOf(int station_no) {
  if (const Row* const row = FindRow(station_no)) {
    return BeginHistory(station_no, {.sequence = row->sequence,
                                     .revision = 1,
                                     .flagged = row->flagged,
                                     .counts = counts_.Get(row->counts)});
  }
  return histories_[Index(-index_.Get(station_no)) - 1].history;
}

StationHistory& StationReports::BeginHistory(int station_no, Revision first) {
  histories_.push_back({.station_no = station_no, .history = StationHistory(std::move(first))});
  index_.Set(station_no, -static_cast<std::int32_t>(histories_.size()));
  return histories_.back().history;
}

}  // namespace canvass::election
