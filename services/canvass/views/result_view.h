#ifndef CANVASS_SERVICES_CANVASS_VIEWS_RESULT_VIEW_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_RESULT_VIEW_H_

#include <string>
#include <vector>

#include "canvass/v1/result.pb.h"
#include "services/canvass/terminal/table.h"
#include "services/canvass/views/election_names.h"

// Results for people and spreadsheets. Pure.
namespace canvass::cli {

// Returns "UNOFFICIAL, PARTIAL" for RESULT_STATUS_UNOFFICIAL_PARTIAL.
std::string StatusText(v1::ResultStatus status);

// Returns "6 102 of 6 537 stations (93.35 %)", followed by the annulled, held, missing and closed
// stations if there are any.
std::string ProgressText(const v1::Progress& progress);

// Returns one row for each candidate: rank, id, name, votes, share and, if any candidate has one,
// the margin of error.
Table CandidateTable(const v1::Result& result, const ElectionNames& names);

// Same for results of several contests. The contest's id is the first column.
std::vector<Column> ContestCandidateColumns();
std::vector<Row> ContestCandidateRows(const v1::Result& result, const ElectionNames& names);

// Returns the whole result for a terminal.
std::string ResultText(const v1::Result& result, const ElectionNames& names, bool colours);

// Returns the result as one line of a log: time, sequence, status, progress and the shares of the
// first candidates.
std::string ResultLine(const v1::Result& result, const ElectionNames& names);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_RESULT_VIEW_H_
