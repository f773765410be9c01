#ifndef CANVASS_SERVICES_CANVASS_ROW_FAULT_H_
#define CANVASS_SERVICES_CANVASS_ROW_FAULT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace canvass {

// Where a row of a CSV text is.
struct RowPlace {
  int line = 0;            // where it starts
  std::size_t offset = 0;  // its bytes in the text
  std::size_t length = 0;
};

// One thing that is wrong with a row.
struct RowFault {
  std::string rule{};     // stable, e.g. "NUMBER_MALFORMED", or a rule on reports
  std::string field{};    // the column, or the report's field
  std::string numbers{};  // those that disagree, e.g. "ballots_cast=510 votes=505"
  std::string message{};  // for people
};

// Rows that do not go in, and why: one row, or all rows of one station.
struct Rejection {
  std::vector<RowPlace> rows{};
  std::vector<RowFault> faults{};
  int station_no = -1;  // in the sheet's definition; -1 where the station is not known
};

// By the line of the first row.
bool ComesBefore(const Rejection& a, const Rejection& b);

// The rejected rows as CSV: the columns line, rule, field, numbers, message, then the row's own.
// Several faults of one row stand in one line, separated by "; ", so that the file can be put right
// and imported again with the same mapping: these five columns are dropped where the rejected file
// begins with them itself. `text` is the CSV that the rows come from; `delimiter` separates the
// fields there and in the result.
std::string RejectsCsv(std::string_view text, char delimiter,
                       const std::vector<Rejection>& rejections);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ROW_FAULT_H_
