#ifndef CANVASS_SERVICES_CANVASS_IMPORT_ROW_FAULT_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_ROW_FAULT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace canvass::cli {

// Position of a row in a CSV text.
struct RowPlace {
  int line = 0;            // line on which it starts
  std::size_t offset = 0;  // its bytes in the text
  std::size_t length = 0;
};

// One fault of a row.
struct RowFault {
  std::string rule{};     // stable, e.g. "NUMBER_MALFORMED", or a rule on reports
  std::string field{};    // the column, or the report's field
  std::string numbers{};  // the numbers that disagree, e.g. "ballots_cast=510 votes=505"
  std::string message{};  // for people
};

// Rows that are not imported, and why: one row, or all rows of one station.
struct Rejection {
  std::vector<RowPlace> rows{};
  std::vector<RowFault> faults{};
  int station_no = -1;  // in the sheet's definition; -1 if the station is unknown
};

// Orders rejections by the line of their first row.
bool ComesBefore(const Rejection& a, const Rejection& b);

// Returns the rejected rows as CSV: the columns line, rule, field, numbers, message, followed by
// the row's own columns. Several faults of one row share one line and are separated by "; ". The
// file can be corrected and imported again with the same mapping: if `text` itself begins with
// these five columns, they are dropped. `text` is the CSV that contains the rows. `delimiter`
// separates the fields in `text` and in the result.
std::string RejectsCsv(std::string_view text, char delimiter,
                       const std::vector<Rejection>& rejections);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_ROW_FAULT_H_
