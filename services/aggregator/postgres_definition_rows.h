#ifndef CANVASS_SERVICES_AGGREGATOR_POSTGRES_DEFINITION_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_POSTGRES_DEFINITION_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/election/definition.h"
#include "common/postgres/copy.h"
#include "common/postgres/session.h"

namespace canvass::aggregator {

// One change on its way into the tables of the definition. Not owned.
struct SequencedChange {
  std::int64_t sequence = 0;
  const election::DefinitionChange* change = nullptr;
};

// Rows of the tables of the definition, which SQL readers see. Not thread-safe.
class DefinitionRows {
 public:
  // Adds the rows of an election's changes, all of a group and in order. `before` is the definition
  // that they change; null if they are the first.
  void Add(int election_no, const election::Definition* before,
           const std::vector<SequencedChange>& changes);

  // The COPY statements for the tables that got rows, each ended by a semicolon, and their streams
  // in the same order, which must not outlive this. Ends them: nothing more can be added.
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

#endif  // CANVASS_SERVICES_AGGREGATOR_POSTGRES_DEFINITION_ROWS_H_
