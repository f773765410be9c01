#ifndef CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_FEED_H_
#define CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_FEED_H_

#include "services/aggregator/watch/ledger_cursor.h"
#include "services/aggregator/watch/watcher_feed.h"

namespace canvass::aggregator {

// The feed of WatchLedger. Wake must be called when the committed ledgers change.
using LedgerFeed = WatcherFeed<LedgerCursor>;

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WATCH_LEDGER_FEED_H_
