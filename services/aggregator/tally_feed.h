#ifndef CANVASS_SERVICES_AGGREGATOR_TALLY_FEED_H_
#define CANVASS_SERVICES_AGGREGATOR_TALLY_FEED_H_

#include "services/aggregator/tally_cursor.h"
#include "services/aggregator/watcher_feed.h"

namespace canvass::aggregator {

// What WatchTallies sends. Wake it when the book changes.
using TallyFeed = WatcherFeed<TallyCursor>;

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_TALLY_FEED_H_
