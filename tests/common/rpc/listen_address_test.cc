#include "common/rpc/listen_address.h"

#include "common/base/error.h"
#include "common/base/reason.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

TEST(ListenAddressTest, LoopbackIsWhatOnlyThisMachineReaches) {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "127.1", "::1", "0:0:0:0:0:0:0:1",
                           "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_TRUE(IsLoopback({.host = host})) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.0.7", "128.0.0.1", "fe80::1",
                           "::ffff:10.0.0.1", "127.example.org", "localhost.example.org"}) {
    EXPECT_FALSE(IsLoopback({.host = host})) << host;
  }
}

TEST(ListenAddressTest, IsAHostAndAPort) {
  for (const char* text : {"127.0.0.1:50061", "[::1]:0", "localhost:65535"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(FormatListenAddress(*address), text);
  }
  for (const char* text : {"", "localhost", ":0", "[]:0", "::1:0", "localhost:", "localhost:-1",
                           "localhost:65536", "localhost:1x", "[[::1]]:0", "[::1:0", "[[]]:0"}) {
    const absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_TRUE(HasReason(address.status(), reason::kAddressMalformed)) << text;
  }
}

}  // namespace
}  // namespace canvass::rpc
