#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/election/event.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/definition_numbers.h"
#include "services/aggregator/store/postgres_definition_rows.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// The sequences from `first` to `last`; none if that is less.
struct SequenceRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

// Compares the tables of an election's definition with the entries that changed it. Holds their
// bytes until then. Not thread-safe.
class DefinitionCheck {
 public:
  explicit DefinitionCheck(int election_no) : election_no_(election_no) {}

  // Adds the next entry. All entries from the first one on must be added; those that do not change
  // the definition are ignored.
  // REQUIRES: `bytes` are those of `entry`.
  void Add(const election::Entry& entry, std::string_view bytes);

  // Makes the rows that the tables must hold, and drops changes and numbers. Calls `after_change`
  // after each change. Rows are made when all changes are there, because a part may name another
  // one of a later change. REQUIRES: the entries can be folded, and this is called once. Returns
  // the errors of `after_change`.
  absl::Status MakeRows(const std::function<absl::Status()>& after_change);
  // Reads a table of DefinitionTables and adds what differs. Rows of `left_out` are not looked at.
  // Calls `after_row` after each row. REQUIRES: MakeRows returned OK, this is called once for each
  // table, and the session is in a transaction with kReadingSettings. Returns the errors of the
  // session and of `after_row`.
  absl::Status Compare(postgres::Session& session, std::size_t table, const SequenceRange& left_out,
                       const std::function<absl::Status()>& after_row, RowDifferences& differences);

 private:
  const int election_no_;
  std::vector<std::string> changes_;  // bytes of entries
  std::vector<DefinitionRows> rows_;  // of each change
  std::optional<DefinitionNumbers> numbers_{std::in_place, nullptr};
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
