#ifndef CANVASS_SERVICES_AGGREGATOR_ACTOR_H_
#define CANVASS_SERVICES_AGGREGATOR_ACTOR_H_

#include <cstddef>

namespace canvass::aggregator {

// How entries name a caller whom nobody authenticated: somebody on this machine.
inline constexpr char kLocalActor[] = "local";

// Longest name of a caller, in bytes; it stands in every entry.
inline constexpr std::size_t kActorBytesMax = 200;

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_ACTOR_H_
