#ifndef CANVASS_COMMON_EDGE_PEER_NAME_H_
#define CANVASS_COMMON_EDGE_PEER_NAME_H_

#include <string>
#include <string_view>

namespace canvass::edge {

// A new name for the socket through which a Listener passes on what a client sends. gRPC's
// ServerContext::peer() is made from it. `owner` is whose share of the connections this one takes,
// and has no slash. Nobody can guess the name.
std::string NewPeerName(std::string_view owner, std::string_view address);

// The owner that is in such a name, or in a text with one at its end. All of `peer` if there is
// none.
std::string_view OwnerOfPeer(std::string_view peer);

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_PEER_NAME_H_
