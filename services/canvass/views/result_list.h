#ifndef CANVASS_SERVICES_CANVASS_VIEWS_RESULT_LIST_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_RESULT_LIST_H_

#include <optional>

#include "canvass/v1/result.pb.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/list_output.h"
#include "services/canvass/views/election_names.h"
#include "services/canvass/views/result_row.h"

namespace canvass::cli {

// Writes the results of one contest as they arrive, one row each. Not thread-safe.
class ResultList {
 public:
  // `invocation` and `names` must outlive this. `subject` selects the first columns of each row.
  ResultList(ResultRows::Subject subject, const Invocation& invocation, const ElectionNames& names);

  void Add(const v1::Result& result);
  // Writes the remaining output, or an empty list. Must be called once, at the end, also after an
  // error, so that what was read is shown.
  void Finish();

 private:
  const ResultRows::Subject subject_;
  const Invocation& invocation_;
  const ElectionNames& names_;
  // Both are set by the first result, which names the contest that the service chose if the request
  // named none.
  std::optional<ResultRows> rows_{};
  std::optional<ListOutput> output_{};
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_RESULT_LIST_H_
