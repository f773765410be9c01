#include "common/election/actor.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/election/definition.h"

namespace canvass::election {
namespace {

constexpr std::array<std::string_view, kRoles> kRoleNames = {"station",  "office", "operator",
                                                             "observer", "poll",   "service"};

}  // namespace

std::string_view RoleName(Role role) { return kRoleNames.at(static_cast<std::size_t>(role)); }

std::optional<Role> FindRole(std::string_view name) {
  const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

std::string ToText(const Actor& actor) { return StrCat(RoleName(actor.role), "/", actor.name); }

std::optional<Actor> ParseActor(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Role> role = FindRole(text.substr(0, slash));
  const std::string_view name = text.substr(slash + 1);
  if (!role || !IsValidId(name)) return std::nullopt;
  return Actor{.role = *role, .name = std::string(name)};
}

}  // namespace canvass::election
