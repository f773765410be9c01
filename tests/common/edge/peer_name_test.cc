#include "common/edge/peer_name.h"

#include <string>

#include "gtest/gtest.h"

namespace canvass::edge {
namespace {

TEST(PeerNameTest, HasAnOwnerThatIsFoundAgain) {
  const std::string name = NewPeerName("2001:db8::", "2001:db8::5:443");
  EXPECT_EQ(OwnerOfPeer(name), "2001:db8::");
  EXPECT_EQ(OwnerOfPeer("unix-abstract:" + name), "2001:db8::");
  EXPECT_NE(NewPeerName("192.0.2.1", "192.0.2.1:80"), NewPeerName("192.0.2.1", "192.0.2.1:80"));
}

TEST(PeerNameTest, AnyOtherPeerIsItsOwnOwner) {
  EXPECT_EQ(OwnerOfPeer("ipv4:192.0.2.1:443"), "ipv4:192.0.2.1:443");
  EXPECT_EQ(OwnerOfPeer(""), "");
}

}  // namespace
}  // namespace canvass::edge
