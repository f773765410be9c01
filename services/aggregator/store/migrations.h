#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_MIGRATIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_MIGRATIONS_H_

#include <span>

#include "common/postgres/migration.h"

namespace canvass::aggregator {

// The migrations of the ledger's schema in order, built into this binary from
// migrations/NNNN_name.sql.
std::span<const postgres::Migration> Migrations();

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_MIGRATIONS_H_
