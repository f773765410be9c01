#ifndef CANVASS_SERVICES_CANVASS_RESULT_ROW_H_
#define CANVASS_SERVICES_CANVASS_RESULT_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "canvass/v1/result.pb.h"
#include "services/canvass/command.h"
#include "services/canvass/election_names.h"
#include "services/canvass/table.h"

// A result as one row of many: of areas beside each other, or of a count as it went. Pure.
namespace canvass {

// Lays out results of one contest. A table shows the two leading candidates; CSV shows every
// candidate's votes, in ballot order.
class ResultRows {
 public:
  // What the first columns say of a result.
  enum class Subject : std::uint8_t { kArea, kMoment };

  // `names` must outlive it. `contest_id` must not be empty.
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

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_RESULT_ROW_H_
