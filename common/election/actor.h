#ifndef CANVASS_COMMON_ELECTION_ACTOR_H_
#define CANVASS_COMMON_ELECTION_ACTOR_H_

#include <cstddef>

namespace canvass::election {

// The actor of an entry whose caller was not authenticated, i.e. somebody on this machine.
inline constexpr char kLocalActor[] = "local";

// The actor of an entry that no caller caused, e.g. the opening of a seal whose time has come.
inline constexpr char kCanvassActor[] = "canvass";

// Longest name of an actor, in bytes. Every entry contains one.
inline constexpr std::size_t kActorBytesMax = 200;

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_ACTOR_H_
