#include "services/canvass/views/result_list.h"

#include <vector>

#include "services/canvass/terminal/table.h"

namespace canvass::cli {

ResultList::ResultList(ResultRows::Subject subject, const Invocation& invocation,
                       const ElectionNames& names)
    : subject_(subject), invocation_(invocation), names_(names) {}

void ResultList::Add(const v1::Result& result) {
  if (!rows_) {
    rows_.emplace(subject_, invocation_.options.format, names_, result.contest_id());
    output_.emplace(invocation_, rows_->Columns(), names_.Notice());
  }
  output_->Add(rows_->RowOf(result), result);
}

void ResultList::Finish() {
  if (!output_) output_.emplace(invocation_, std::vector<Column>{});
  output_->Finish();
}

}  // namespace canvass::cli
