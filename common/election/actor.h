#ifndef CANVASS_COMMON_ELECTION_ACTOR_H_
#define CANVASS_COMMON_ELECTION_ACTOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace canvass::election {

// The actor of an entry whose caller was not authenticated, i.e. somebody on this machine.
inline constexpr char kLocalActor[] = "local";

// The actor of an entry that no caller caused, e.g. the opening of a seal whose time has come.
inline constexpr char kCanvassActor[] = "canvass";

// Longest name of an actor, in bytes. Every entry contains one.
inline constexpr std::size_t kActorBytesMax = 200;

// What an authenticated caller is. The names, in lower case, are part of certificates and entries.
enum class Role : std::uint8_t {
  kStation,   // a polling station; its name is the station's id
  kOffice,    // an election office; its name is the id of the area that it is responsible for
  kOperator,  // a person of the election office who defines and decides
  kObserver,  // who counts in parallel; its name is the source's id
  kPoll,      // who asks voters; its name is the source's id
  kService,   // a part of Canvass
};
inline constexpr int kRoles = 6;

// Returns e.g. "station".
std::string_view RoleName(Role role);
// Returns the role of that name.
std::optional<Role> FindRole(std::string_view name);

// An authenticated caller, e.g. station 125-7, which an entry calls "station/125-7".
struct Actor {
  Role role = Role::kStation;
  std::string name{};  // has the form of an id

  bool operator==(const Actor&) const = default;
};

// Returns "role/name".
std::string ToText(const Actor& actor);
// Returns the authenticated caller that is written like this; absent for every other text, such as
// kLocalActor.
std::optional<Actor> ParseActor(std::string_view text);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_ACTOR_H_
