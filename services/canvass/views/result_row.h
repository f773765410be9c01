#ifndef CANVASS_SERVICES_CANVASS_VIEWS_RESULT_ROW_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_RESULT_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "canvass/v1/result.pb.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/table.h"
#include "services/canvass/views/election_names.h"

// A result as one row of a list: of areas, or of the moments of a count. Pure.
namespace canvass::cli {

// Lays out the results of one contest. A table shows the two leading candidates. CSV shows every
// candidate's votes, in ballot order.
class ResultRows {
 public:
  // Content of the first columns.
  enum class Subject : std::uint8_t { kArea, kMoment };

  // `names` must outlive this.
  ResultRows(Subject subject, OutputFormat format, const ElectionNames& names,
             std::string contest_id);

  std::vector<Column> Columns() const;
  Row RowOf(const v1::Result& result) const;

 private:
  static constexpr int kLeaders = 2;

  Subject subject_;
  bool every_candidate_;
  const ElectionNames& names_;
  std::string contest_id_;
  std::vector<std::string> ballot_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_RESULT_ROW_H_
