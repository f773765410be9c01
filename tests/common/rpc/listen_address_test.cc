#include "common/rpc/listen_address.h"

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

}  // namespace
}  // namespace canvass::rpc
