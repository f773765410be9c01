#ifndef CANVASS_SERVICES_CANVASS_IMPORT_SUMMARY_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "services/canvass/checked_sheet.h"
#include "services/canvass/command.h"
#include "services/canvass/row_fault.h"
#include "services/canvass/table.h"

// What an import came to. Pure.
namespace canvass {

// What became of the stations of a file.
struct ImportOutcome {
  std::int64_t recorded = 0;     // counted now
  std::int64_t held = 0;         // in the ledger, in no total until released
  std::int64_t corrections = 0;  // of those that are counted now: further revisions
  std::int64_t unchanged = 0;    // recorded before, and not sent again
  std::int64_t repeated = 0;     // sent, and recorded before
  std::int64_t refused = 0;      // by the services
  std::int64_t queued = 0;       // on a reporter's disk only
  std::int64_t rejected = 0;     // here, before anything was sent
};

// A line for each number of the outcome, in the format that was asked for.
std::string OutcomeText(const CheckedSheet& sheet, const ImportOutcome& outcome,
                        OutputFormat format);

// What a dry run says: rows, stations and areas; every rule that was broken; totals by candidate,
// of the reports that would count, of those that would be held, and of both. JSON holds the same.
std::string DryRunText(const CheckedSheet& sheet, OutputFormat format);

// "line 12: VOTES_NOT_BALANCED: The votes (...)", a line each, at most `limit` of them and how many
// more there are.
std::string RejectionsText(const std::vector<Rejection>& rejections, std::size_t limit);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_SUMMARY_H_
