#ifndef CANVASS_SERVICES_CANVASS_LIST_OUTPUT_H_
#define CANVASS_SERVICES_CANVASS_LIST_OUTPUT_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "services/canvass/command.h"
#include "services/canvass/table.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace canvass {

// Writes a list of any length as it arrives: a table, CSV, or one JSON array. Keeps a page of it in
// memory.
class ListOutput {
 public:
  // `session` must outlive it. Without columns (nothing to say what they are): an empty list.
  // `notice` stands above a table, for people.
  ListOutput(const Session& session, const std::vector<Column>& columns,
             std::string_view notice = "");

  // `row` is what a table and CSV show of `item`.
  void Add(Row row, const google::protobuf::Message& item);
  // Writes what is left. Call it once, at the end; after an error as well, so that what was read is
  // shown.
  void Finish();

 private:
  // Rows that decide a column's width before the first is written.
  static constexpr std::size_t kRowsTogether = 1000;

  void Flush();

  const Session& session_;
  TableLayout layout_;
  std::vector<Row> waiting_{};
  std::size_t items_ = 0;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_LIST_OUTPUT_H_
