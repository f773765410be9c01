#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_

#include <cstddef>
#include <cstdint>
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

// Compares the tables of an election's definition with the entries that changed it. Holds their
// bytes until then. Not thread-safe.
class DefinitionCheck {
 public:
  explicit DefinitionCheck(int election_no) : election_no_(election_no) {}

  // Adds the next entry. All entries from the first one on must be added; those that do not change
  // the definition are ignored.
  // REQUIRES: `bytes` are those of `entry`.
  void Add(const election::Entry& entry, std::string_view bytes);

  // Reads the tables and adds what differs. Rows of entries after `last_sequence` are left out if
  // it is given, because others may be adding them. REQUIRES: the entries can be folded, this is
  // called once, and the session is in a transaction without statement_timeout and enable_sort, so
  // that PostgreSQL reads along the keys whatever it knows about the tables. Returns the errors of
  // the session.
  absl::Status Compare(postgres::Session& session, std::optional<std::int64_t> last_sequence,
                       RowDifferences& differences);

 private:
  // Makes the rows that the tables must hold, and drops changes and numbers. They are made now
  // because a part may name another one of a later change.
  std::vector<DefinitionRows> MakeRows();

  const int election_no_;
  std::vector<std::string> changes_;  // bytes of entries
  std::optional<DefinitionNumbers> numbers_{std::in_place, nullptr};
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
