#ifndef CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_

#include <span>

#include "common/postgres/migration.h"

namespace canvass::aggregator {

// The steps of the ledger's schema, from migrations/NNNN_name.sql, in order, as built into this
// binary.
std::span<const postgres::Migration> Migrations();

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_
