#include "common/identity/spiffe_id.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/text.h"

namespace canvass::identity {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kTrustDomainBytesMax = 255;
// More of a name would say nothing about what is wrong with it.
constexpr std::size_t kBytesQuoted = 300;

absl::Status Malformed(std::string_view uri, std::string_view why) {
  return absl::InvalidArgumentError(
      StrCat("\"", absl::CHexEscape(ToAbsl(uri.substr(0, kBytesQuoted))), "\" ", why));
}

}  // namespace

bool IsValidTrustDomain(std::string_view name) {
  return !name.empty() && name.size() <= kTrustDomainBytesMax &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' || c == '-' ||
                  c == '_';
         });
}

absl::StatusOr<SpiffeId> ParseSpiffeId(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return Malformed(uri, "does not begin with spiffe://");
  const std::string_view rest = uri.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  const std::string_view trust_domain = rest.substr(0, slash);
  if (!IsValidTrustDomain(trust_domain)) return Malformed(uri, "has no valid trust domain");
  const std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  std::optional<election::Actor> actor = election::ParseActor(path);
  if (!actor) {
    return Malformed(uri,
                     "does not end in role/name, with a role of station, office, operator, "
                     "observer, poll or service and a name like an id");
  }
  return SpiffeId{.trust_domain = std::string(trust_domain), .actor = *std::move(actor)};
}

std::string ToUri(const SpiffeId& id) {
  return StrCat(kScheme, id.trust_domain, "/", election::ToText(id.actor));
}

}  // namespace canvass::identity
