#ifndef CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_
#define CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_

#include <span>
#include <string_view>

namespace canvass::aggregator {

// A numbered step of the schema, from migrations/NNNN_name.sql.
struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;
};

// Every migration, in order, as built into this binary.
std::span<const Migration> Migrations();

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_MIGRATIONS_H_
