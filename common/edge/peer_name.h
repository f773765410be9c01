#ifndef CANVASS_COMMON_EDGE_PEER_NAME_H_
#define CANVASS_COMMON_EDGE_PEER_NAME_H_

#include <string>
#include <string_view>

#include "common/identity/policy.h"

namespace canvass::edge {

// What the name of a connection tells gRPC's handlers: a Listener gives each socket through which
// it passes on what a client sends a new name, and gRPC's ServerContext::peer() is made from it.
struct PeerName {
  identity::Peer peer{};
  std::string owner{};  // see OwnerOf
};

// Returns whose share of the connections and of everything else a caller takes: the identity, as
// election::ToText writes it, or `host`, the address that it comes from, where there is none. The
// processes of one service have one identity, so each host of a service is an owner.
std::string OwnerOf(const identity::Peer& peer, std::string_view host);

// Returns a new name, which nobody can guess. `host` has no slash; `address` is for people.
std::string NewPeerName(const identity::Peer& peer, std::string_view host,
                        std::string_view address);

// Reads such a name, or a text with one at its end. Every other text is an owner of its own, a
// caller without a certificate at a port with TLS: one that may do little.
PeerName ReadPeerName(std::string_view text);

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_PEER_NAME_H_
