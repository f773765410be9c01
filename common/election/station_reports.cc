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

StationReports::StationReports(std::size_t candidates) : table_(candidates) {}

void StationReports::Record(std::int64_t sequence, const ReportRecorded& report) {
  const int station_no = report.key.station_no;
  if (Has(station_no)) {
    HistoryOf(station_no).Record(ToRevision(sequence, report));
  } else if (report.held) {
    BeginHistory(station_no, ToRevision(sequence, report));
  } else {
    table_.Append(report.counts);
    row_entries_.push_back({.sequence = sequence, .flagged = HasWarning(report)});
    index_.Set(station_no, static_cast<std::int32_t>(table_.size()));
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

StationStanding StationReports::StandingOf(int station_no) const {
  if (const std::optional<std::size_t> row = FindRow(station_no)) {
    const RowEntry& entry = row_entries_[*row];
    return {.state = StationState::kCounted,
            .newest_revision = 1,
            .newest_sequence = entry.sequence,
            .counting_revision = 1,
            .counting_sequence = entry.sequence,
            .flagged = entry.flagged};
  }
  const StationHistory* const history = FindHistory(station_no);
  return history == nullptr ? StationStanding() : history->Standing();
}

std::optional<CountingReport> StationReports::FindCounting(int station_no) const {
  if (const std::optional<std::size_t> row = FindRow(station_no)) {
    const RowEntry& entry = row_entries_[*row];
    return CountingReport{
        .sequence = entry.sequence, .flagged = entry.flagged, .counts = table_.Get(*row)};
  }
  const StationHistory* const history = FindHistory(station_no);
  const Revision* const counting = history == nullptr ? nullptr : history->Counting();
  if (counting == nullptr) return std::nullopt;
  return CountingReport{
      .sequence = counting->sequence, .flagged = counting->flagged, .counts = counting->counts};
}

std::optional<std::int64_t> StationReports::FindRevision(int station_no,
                                                         std::int32_t revision) const {
  if (const std::optional<std::size_t> row = FindRow(station_no)) {
    if (revision > 1 || revision < 0) return std::nullopt;
    return row_entries_[*row].sequence;
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
  return place < 0 ? &histories_[Index(-place) - 1] : nullptr;
}

std::optional<std::size_t> StationReports::FindRow(int station_no) const {
  const std::int32_t place = index_.Get(station_no);
  if (place <= 0) return std::nullopt;
  return Index(place) - 1;
}

StationHistory& StationReports::HistoryOf(int station_no) {
  if (const std::optional<std::size_t> row = FindRow(station_no)) {
    const RowEntry& entry = row_entries_[*row];
    return BeginHistory(station_no, {.sequence = entry.sequence,
                                     .revision = 1,
                                     .flagged = entry.flagged,
                                     .counts = table_.Get(*row)});
  }
  return histories_[Index(-index_.Get(station_no)) - 1];
}

StationHistory& StationReports::BeginHistory(int station_no, Revision first) {
  histories_.emplace_back(std::move(first));
  index_.Set(station_no, -static_cast<std::int32_t>(histories_.size()));
  return histories_.back();
}

}  // namespace canvass::election
