#ifndef CANVASS_SERVICES_CANVASS_TERMINAL_LIST_OUTPUT_H_
#define CANVASS_SERVICES_CANVASS_TERMINAL_LIST_OUTPUT_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/table.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass::cli {

// Writes a list of any length as it arrives, as a table, as CSV or as one JSON array. Keeps at most
// kRowsTogether rows in memory.
class ListOutput {
 public:
  // `invocation` must outlive this. `columns` is empty only for an empty list whose columns are
  // unknown. `notice` is a line for people above a table.
  ListOutput(const Invocation& invocation, const std::vector<Column>& columns,
             std::string_view notice = "");

  // Adds an item. Tables and CSV show `row`, and JSON shows `item`.
  void Add(Row row, const google::protobuf::Message& item);
  // Writes the remaining output. Must be called once, at the end, also after an error, so that what
  // was read is shown.
  void Finish();

 private:
  // Number of rows that are laid out together. The first rows set the column widths.
  static constexpr std::size_t kRowsTogether = 1000;

  void Flush();

  const Invocation& invocation_;
  TableLayout layout_;
  std::vector<Row> waiting_{};
  std::size_t items_ = 0;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_TERMINAL_LIST_OUTPUT_H_
