#ifndef CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_SUMMARY_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "services/canvass/import/checked_sheet.h"
#include "services/canvass/import/row_fault.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/table.h"

// Summaries of an import. Pure.
namespace canvass::cli {

// Outcome of an import, in stations of the file.
struct ImportOutcome {
  std::int64_t recorded = 0;     // newly counted
  std::int64_t held = 0;         // in the ledger, but in no total until released
  std::int64_t corrections = 0;  // part of `recorded`: new revisions of recorded reports
  std::int64_t unchanged = 0;    // already recorded, and not sent
  std::int64_t repeated = 0;     // sent, and already recorded
  std::int64_t refused = 0;      // refused by the services
  std::int64_t queued = 0;       // only on a reporter's disk
  std::int64_t rejected = 0;     // rejected before anything was sent
};

// Returns the outcome in the requested format. A table and CSV have one line for each number.
std::string OutcomeText(const CheckedSheet& sheet, const ImportOutcome& outcome,
                        OutputFormat format);

// Returns the report of a dry run: rows, stations and areas, every rule that was broken, and totals
// by candidate. The totals cover reports that would count, reports that would be held, and both
// together. JSON holds the same. CSV holds only the totals.
std::string DryRunText(const CheckedSheet& sheet, OutputFormat format);

// Returns lines such as "line 12: VOTES_NOT_BALANCED: The votes (...)" for at most `limit`
// rejections, and then how many more there are.
std::string RejectionsText(const std::vector<Rejection>& rejections, std::size_t limit);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_IMPORT_SUMMARY_H_
