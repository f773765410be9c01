#include "services/canvass/terminal/list_output.h"

#include <ostream>
#include <utility>

#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/print.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {

ListOutput::ListOutput(const Invocation& invocation, const std::vector<Column>& columns,
                       std::string_view notice)
    : invocation_(invocation), layout_(columns) {
  const OutputFormat format = invocation.options.format;
  if (format == OutputFormat::kTable && !notice.empty()) {
    invocation.console.out << Warning(Printable(notice), invocation.console.out_colours) << '\n';
  }
  if (format != OutputFormat::kCsv || columns.empty()) return;
  invocation.console.out << CsvHeader(columns);
}

void ListOutput::Add(Row row, const google::protobuf::Message& item) {
  ++items_;
  switch (invocation_.options.format) {
    case OutputFormat::kTable:
      waiting_.push_back(std::move(row));
      if (waiting_.size() == kRowsTogether) Flush();
      return;
    case OutputFormat::kCsv:
      invocation_.console.out << CsvLineFor(invocation_.console, std::move(row));
      return;
    case OutputFormat::kJson:
      invocation_.console.out << (items_ == 1 ? "[\n" : ",\n") << ToJsonLine(item);
      return;
  }
}

void ListOutput::Finish() {
  switch (invocation_.options.format) {
    case OutputFormat::kTable:
      Flush();
      return;
    case OutputFormat::kCsv:
      return;
    case OutputFormat::kJson:
      invocation_.console.out << (items_ == 0 ? "[]\n" : "\n]\n");
      return;
  }
}

void ListOutput::Flush() {
  invocation_.console.out << layout_.Render(waiting_);
  waiting_.clear();
}

}  // namespace canvass::cli
