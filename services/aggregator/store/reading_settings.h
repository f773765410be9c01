#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_READING_SETTINGS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_READING_SETTINGS_H_

#include <string_view>

namespace canvass::aggregator {

// Settings of a transaction that reads a ledger. The statement timeout is off: silence is bounded,
// not the size of the ledger. Sorting is off so that PostgreSQL reads along the keys, whatever it
// knows about the tables. It would otherwise sort the ledger of a country on its disk, and send the
// first row only afterwards.
inline constexpr std::string_view kReadingSettings =
    "SET LOCAL statement_timeout = 0; SET LOCAL enable_sort = off";

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_READING_SETTINGS_H_
