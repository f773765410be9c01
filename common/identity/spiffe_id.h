#ifndef CANVASS_COMMON_IDENTITY_SPIFFE_ID_H_
#define CANVASS_COMMON_IDENTITY_SPIFFE_ID_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/election/actor.h"

namespace canvass::identity {

// The name of a caller or service in a certificate, e.g. "spiffe://az-2024.example/station/125-7".
// https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
struct SpiffeId {
  std::string trust_domain{};  // of one election office; its authorities issue all certificates
  election::Actor actor{};

  bool operator==(const SpiffeId&) const = default;
};

// Returns INVALID_ARGUMENT with a message that names the faulty part and quotes the name.
absl::StatusOr<SpiffeId> ParseSpiffeId(std::string_view uri);

std::string ToUri(const SpiffeId& id);

// Whether `name` may be a trust domain: 1 to 255 of a-z, 0-9, ".", "-" and "_".
bool IsValidTrustDomain(std::string_view name);

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_SPIFFE_ID_H_
