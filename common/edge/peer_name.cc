#include "common/edge/peer_name.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/random_bytes.h"
#include "common/base/text.h"

// A name is "canvass/RANDOM/plain/OWNER/ADDRESS" without TLS, "canvass/RANDOM/tls/OWNER/ADDRESS" of
// a caller without a certificate, "canvass/RANDOM/id/ROLE/NAME", and of a service
// "canvass/RANDOM/id/service/NAME/HOST". An abstract socket's name has at most 107 bytes, so the
// longest identity leaves no room for an address.
namespace canvass::edge {
namespace {

constexpr std::string_view kBegin = "canvass/";
constexpr std::string_view kPlain = "plain";
constexpr std::string_view kAnonymous = "tls";
constexpr std::string_view kIdentity = "id";
constexpr std::size_t kRandomBytes = 16;

std::string RandomText() {
  const std::array<std::uint8_t, kRandomBytes> bytes = RandomBytes<kRandomBytes>();
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

PeerName Stranger(std::string_view text) {
  PeerName name;
  name.peer.is_checked = true;
  name.owner = text;
  return name;
}

}  // namespace

std::string OwnerOf(const identity::Peer& peer, std::string_view host) {
  if (!peer.actor) return std::string(host);
  if (peer.actor->role != election::Role::kService) return ToText(*peer.actor);
  return StrCat(ToText(*peer.actor), "@", host);
}

std::string NewPeerName(const identity::Peer& peer, std::string_view host,
                        std::string_view address) {
  const std::string begin = StrCat(kBegin, RandomText(), "/");
  if (!peer.actor) {
    return StrCat(begin, peer.is_checked ? kAnonymous : kPlain, "/", host, "/", address);
  }
  const std::string name = StrCat(begin, kIdentity, "/", ToText(*peer.actor));
  return peer.actor->role == election::Role::kService ? StrCat(name, "/", host) : name;
}

PeerName ReadPeerName(std::string_view text) {
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) return Stranger(text);
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(text.substr(begin)), '/');
  constexpr std::size_t kPartsMin = 5;
  if (parts.size() < kPartsMin) return Stranger(text);
  const std::string& kind = parts[2];
  if (kind == kPlain || kind == kAnonymous) {
    return {.peer = {.is_checked = kind == kAnonymous}, .owner = parts[3]};
  }
  std::optional<election::Actor> actor = election::ParseActor(StrCat(parts[3], "/", parts[4]));
  if (kind != kIdentity || !actor) return Stranger(text);
  const identity::Peer peer{.is_checked = true, .actor = std::move(actor)};
  return {.peer = peer, .owner = OwnerOf(peer, parts.size() > kPartsMin ? parts[5] : "")};
}

}  // namespace canvass::edge
