#include "services/canvass/views/result_row.h"

#include <map>
#include <utility>

#include "fmt/format.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {

ResultRows::ResultRows(Subject subject, OutputFormat format, const ElectionNames& names,
                       std::string contest_id)
    : subject_(subject),
      every_candidate_(format == OutputFormat::kCsv),
      names_(names),
      contest_id_(std::move(contest_id)),
      ballot_(names.Ballot(contest_id_)) {}

std::vector<Column> ResultRows::Columns() const {
  std::vector<Column> columns;
  if (subject_ == Subject::kArea) {
    columns = {{"area_id", "area", ColumnKind::kText}, {"name", "name", ColumnKind::kText}};
  } else {
    columns = {{"recorded_at", "recorded", ColumnKind::kText},
               {"sequence", "sequence", ColumnKind::kCount},
               {"status", "status", ColumnKind::kText}};
  }
  columns.insert(columns.end(), {{"stations_counted", "counted", ColumnKind::kCount},
                                 {"stations_expected", "stations", ColumnKind::kCount},
                                 {"progress_percent", "in %", ColumnKind::kDecimal},
                                 {"turnout_percent", "turnout %", ColumnKind::kDecimal},
                                 {"valid_votes", "valid votes", ColumnKind::kCount}});
  if (every_candidate_) {
    for (const std::string& id : ballot_) columns.push_back({id, id, ColumnKind::kCount});
    return columns;
  }
  for (int place = 1; place <= kLeaders; ++place) {
    columns.push_back(
        {fmt::format("place_{}", place), fmt::format("place {}", place), ColumnKind::kText});
    columns.push_back({fmt::format("share_{}", place), "share %", ColumnKind::kDecimal});
  }
  return columns;
}

Row ResultRows::RowOf(const v1::Result& result) const {
  Row row;
  if (subject_ == Subject::kArea) {
    row = {result.area_id(), names_.Area(result.area_id())};
  } else {
    row = {names_.Time(result.as_of().recorded_at()), std::to_string(result.as_of().sequence()),
           every_candidate_ ? v1::ResultStatus_Name(result.status()) : StatusText(result.status())};
  }
  const v1::Progress& progress = result.progress();
  row.insert(row.end(), {std::to_string(progress.stations_counted()),
                         std::to_string(progress.stations_expected()), progress.percent(),
                         result.turnout_percent(),
                         result.has_valid_votes() ? std::to_string(result.valid_votes()) : ""});
  if (every_candidate_) {
    std::map<std::string, std::string> votes;
    for (const v1::CandidateResult& candidate : result.candidates()) {
      if (candidate.has_votes())
        votes[candidate.candidate_id()] = std::to_string(candidate.votes());
    }
    for (const std::string& id : ballot_) row.push_back(votes[id]);
    return row;
  }
  for (int place = 0; place < kLeaders; ++place) {
    const bool there = place < result.candidates_size() && result.candidates(place).rank() > 0;
    row.push_back(there ? names_.Candidate(contest_id_, result.candidates(place).candidate_id())
                        : "");
    row.push_back(there ? result.candidates(place).share_percent() : "");
  }
  return row;
}

}  // namespace canvass::cli
