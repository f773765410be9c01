#include "common/edge/peer_name.h"

#include <string>

#include "common/election/actor.h"
#include "gtest/gtest.h"

namespace canvass::edge {
namespace {

using election::Actor;
using election::Role;

// An abstract socket's name has at most so many bytes.
constexpr std::size_t kNameBytesMax = 107;

TEST(PeerNameTest, WithoutTlsTheHostIsTheOwnerAndMayDoEverything) {
  const std::string name = NewPeerName({}, "2001:db8::", "2001:db8::5:443");
  for (const std::string& text : {name, "unix-abstract:" + name}) {
    const PeerName read = ReadPeerName(text);
    EXPECT_EQ(read.owner, "2001:db8::");
    EXPECT_FALSE(read.peer.is_checked);
    EXPECT_EQ(read.peer.actor, std::nullopt);
  }
  EXPECT_NE(NewPeerName({}, "192.0.2.1", "192.0.2.1:80"),
            NewPeerName({}, "192.0.2.1", "192.0.2.1:80"));
}

TEST(PeerNameTest, WithTlsAndWithoutACertificateTheHostIsTheOwner) {
  const PeerName read = ReadPeerName(
      "unix-abstract:" + NewPeerName({.is_checked = true}, "192.0.2.1", "192.0.2.1:80"));
  EXPECT_EQ(read.owner, "192.0.2.1");
  EXPECT_TRUE(read.peer.is_checked);
  EXPECT_EQ(read.peer.actor, std::nullopt);
}

TEST(PeerNameTest, AnIdentityIsTheOwnerWhereverItComesFrom) {
  const Actor station{.role = Role::kStation, .name = "125-7"};
  const PeerName read =
      ReadPeerName(NewPeerName({.is_checked = true, .actor = station}, "192.0.2.1", "x"));
  EXPECT_EQ(read.owner, "station/125-7");
  EXPECT_TRUE(read.peer.is_checked);
  EXPECT_EQ(read.peer.actor, station);
}

TEST(PeerNameTest, EachHostOfAServiceIsAnOwner) {
  const Actor reporter{.role = Role::kService, .name = "reporter"};
  const PeerName read =
      ReadPeerName(NewPeerName({.is_checked = true, .actor = reporter}, "192.0.2.1", "x"));
  EXPECT_EQ(read.owner, "service/reporter@192.0.2.1");
  EXPECT_EQ(read.peer.actor, reporter);
}

TEST(PeerNameTest, TheLongestIdentityFits) {
  const Actor longest{.role = Role::kOperator, .name = std::string(63, 'a')};
  EXPECT_LE(NewPeerName({.is_checked = true, .actor = longest}, "192.0.2.1", "x").size(),
            kNameBytesMax);
}

TEST(PeerNameTest, AnyOtherPeerIsItsOwnOwnerAndMayDoLittle) {
  for (const std::string text :
       {"ipv4:192.0.2.1:443", "", "canvass/x/plain", "canvass/x/id/king/kong", "canvass/x/y/z/a",
        "canvass/x/id/station/Not An Id"}) {
    const PeerName read = ReadPeerName(text);
    EXPECT_EQ(read.owner, text);
    EXPECT_TRUE(read.peer.is_checked) << text;
    EXPECT_EQ(read.peer.actor, std::nullopt) << text;
  }
}

}  // namespace
}  // namespace canvass::edge
