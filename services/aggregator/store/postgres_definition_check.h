#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/postgres_definition_rows.h"
#include "services/aggregator/store/row_difference.h"

namespace canvass::aggregator {

// Compares the tables of an election's definition with the entries that changed it. Holds all
// changes until then. Not thread-safe.
class DefinitionCheck {
 public:
  explicit DefinitionCheck(int election_no) : election_no_(election_no) {}

  // Adds the next entry. All entries from the first one on must be added; those that do not change
  // the definition are ignored.
  void Add(election::Entry&& entry);

  // Reads the tables and adds what differs. Rows of entries after `last_sequence` are left out if
  // it is given, because others may be adding them. REQUIRES: the entries can be folded, and this
  // is called once. Returns the errors of the session.
  absl::Status Compare(postgres::Session& session, std::optional<std::int64_t> last_sequence,
                       RowDifferences& differences);

 private:
  using Change = std::pair<std::int64_t, election::DefinitionChange>;  // with its sequence

  // The rows that the tables must hold.
  DefinitionRows MakeRows();

  const int election_no_;
  std::vector<Change> changes_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_CHECK_H_
