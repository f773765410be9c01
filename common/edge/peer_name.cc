#include "common/edge/peer_name.h"

#include <cstddef>

#include "common/base/text.h"
#include "common/base/uuid.h"

namespace canvass::edge {

std::string NewPeerName(std::string_view owner, std::string_view address) {
  return StrCat("canvass/", RandomUuid(), "/", owner, "/", address);
}

std::string_view OwnerOfPeer(std::string_view peer) {
  const std::size_t last = peer.rfind('/');
  if (last == std::string_view::npos || last == 0) return peer;
  const std::size_t before = peer.rfind('/', last - 1);
  return before == std::string_view::npos ? peer : peer.substr(before + 1, last - before - 1);
}

}  // namespace canvass::edge
