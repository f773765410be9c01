#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "common/postgres/copy.h"
#include "common/postgres/session.h"

namespace canvass::aggregator {

// A change of the definition and the sequence of its entry. Not owned.
struct SequencedChange {
  std::int64_t sequence = 0;
  const election::DefinitionChange* change = nullptr;
};

// Encodes rows of the definition's tables, which SQL readers see. Not thread-safe.
class DefinitionRows {
 public:
  // Adds the rows for one election. `changes` must be all of its changes in the transaction, in
  // order. `before` is the definition that they change, or null for the first definition.
  void Add(int election_no, const election::Definition* before,
           const std::vector<SequencedChange>& changes);

  // Ends the rows; none may be added afterwards. For each table that has rows, appends its COPY
  // statement with a semicolon to `statements` and its stream to `streams`. The streams must not
  // outlive this.
  void Finish(std::string& statements, std::vector<postgres::CopyStream>& streams);

 private:
  postgres::CopyEncoder elections_;
  postgres::CopyEncoder contests_;
  postgres::CopyEncoder candidates_;
  postgres::CopyEncoder sources_;
  postgres::CopyEncoder areas_;
  postgres::CopyEncoder stations_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_DEFINITION_ROWS_H_
