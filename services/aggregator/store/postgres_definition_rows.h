#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/election/definition.h"
#include "common/postgres/copy.h"
#include "common/postgres/copy_table.h"
#include "common/postgres/session.h"
#include "services/aggregator/store/definition_numbers.h"

namespace canvass::aggregator {

// A change of the definition and the sequence of its entry. Not owned.
struct SequencedChange {
  std::int64_t sequence = 0;
  const election::DefinitionChange* change = nullptr;
};

// A table of the definition. Its first columns are election_no, sequence, and the numbers of the
// part, which together are the key.
struct DefinitionTable {
  postgres::CopyTable copy{};
  std::size_t numbers = 0;  // columns that number the part
};
inline constexpr std::size_t kDefinitionTables = 6;
const std::array<DefinitionTable, kDefinitionTables>& DefinitionTables();

// Encodes rows of the definition's tables, which SQL readers see. Not thread-safe.
class DefinitionRows {
 public:
  // Languages of names, preferred first.
  using Languages = std::vector<std::string>;
  // Adds the rows of changes of one election, in order. `numbers` are those of the parts after the
  // changes, and `languages` the election's before them, which become those after them.
  void Add(int election_no, const DefinitionNumbers& numbers, Languages& languages,
           const std::vector<SequencedChange>& changes);

  // Ends the rows; none may be added afterwards. For each table that has rows, appends its COPY
  // statement with a semicolon to `statements` and its stream to `streams`. The streams must not
  // outlive this.
  void Finish(std::string& statements, std::vector<postgres::CopyStream>& streams);
  // The same without statements: ends the rows of one table of DefinitionTables and returns them,
  // without the stream's header and end. Call it once for each table. The rows must not outlive
  // this.
  std::string_view RowsOf(std::size_t table);

 private:
  std::array<postgres::CopyEncoder, kDefinitionTables> rows_;  // in the order of DefinitionTables
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_
