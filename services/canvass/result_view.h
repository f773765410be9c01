#ifndef CANVASS_SERVICES_CANVASS_RESULT_VIEW_H_
#define CANVASS_SERVICES_CANVASS_RESULT_VIEW_H_

#include <string>
#include <vector>

#include "canvass/v1/result.pb.h"
#include "services/canvass/election_names.h"
#include "services/canvass/table.h"

// Results as people and spreadsheets read them. Pure: messages in, text out.
namespace canvass {

// "UNOFFICIAL, PARTIAL" for RESULT_STATUS_UNOFFICIAL_PARTIAL.
std::string StatusText(v1::ResultStatus status);

// "6 102 of 6 537 stations (93.35 %)"; annulled, held, missing and closed ones where there are any.
std::string ProgressText(const v1::Progress& progress);

// A line a candidate: rank, name, votes, share, and the margin of error where the source has one.
Table CandidateTable(const v1::Result& result, const ElectionNames& names);

// The same of many contests: the contest's id stands before each line.
std::vector<Column> ContestCandidateColumns();
std::vector<Row> ContestCandidateRows(const v1::Result& result, const ElectionNames& names);

// The whole result for a terminal.
std::string ResultText(const v1::Result& result, const ElectionNames& names, bool colours);

// The result on one line, for a log: time, sequence, status, progress, the first candidates'
// shares.
std::string ResultLine(const v1::Result& result, const ElectionNames& names);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_RESULT_VIEW_H_
