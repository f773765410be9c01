#include "common/edge/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/edge/frame_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/edge/frame_bytes.h"

namespace canvass::edge {
namespace {

constexpr int kPatienceMs = 20'000;

// Owns a file descriptor.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  void Write(std::string_view bytes) const {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Reads so many bytes; fewer if the other side closes before.
  std::string Read(std::size_t bytes) const {
    std::string text;
    std::array<char, 4'096> buffer;
    while (text.size() < bytes) {
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, kPatienceMs) <= 0) break;
      const ssize_t read =
          recv(fd_, buffer.data(), std::min(buffer.size(), bytes - text.size()), 0);
      if (read <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(read));
    }
    return text;
  }
  // Waits until the other side has closed the connection.
  bool IsClosed() const { return Read(1).empty(); }

 private:
  int fd_;
};

class ListenerTest : public ::testing::Test {
 protected:
  void Start(const ListenerLimits& limits) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address_), sizeof(address_)), 0);
    ASSERT_EQ(listen(fd, 100), 0);
    socklen_t size = sizeof(address_);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address_), &size);
    listener_ = std::make_unique<Listener>(
        std::vector<int>{fd}, limits, /*tls=*/nullptr, [this](int server) {
          fcntl(server, F_SETFL, fcntl(server, F_GETFL) & ~O_NONBLOCK);
          const MutexLock lock(mutex_);
          servers_.push_back(std::make_unique<File>(server));
          accepted_.NotifyAll();
        });
  }
  void TearDown() override { listener_.reset(); }

  // Connects from an address of this machine. `receive_bytes`: size of the client's buffer; 0 for
  // the usual one.
  std::unique_ptr<File> Connect(const char* from = "127.0.0.1", int receive_bytes = 0) const {
    auto client = std::make_unique<File>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    inet_pton(AF_INET, from, &own.sin_addr);
    EXPECT_EQ(bind(client->fd(), reinterpret_cast<const sockaddr*>(&own), sizeof(own)), 0);
    if (receive_bytes > 0) {
      setsockopt(client->fd(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    }
    EXPECT_EQ(connect(client->fd(), reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)),
              0);
    return client;
  }
  // The server's end of the connection that was accepted as the `number`th, from 0.
  File& Server(std::size_t number) {
    const MutexLock lock(mutex_);
    while (servers_.size() <= number) accepted_.Wait(mutex_);
    return *servers_[number];
  }

  static std::string Begin() { return std::string(FrameReader::kPreface); }
  static std::string Headers(std::uint32_t stream) {
    return FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders, stream, "head");
  }

  sockaddr_in address_{};
  Mutex mutex_;
  CondVar accepted_;
  std::vector<std::unique_ptr<File>> servers_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Listener> listener_;
};

TEST_F(ListenerTest, PassesBytesBothWays) {
  Start({});
  const auto client = Connect();
  const std::string asked = Begin() + Headers(1);
  client->Write(asked);
  EXPECT_EQ(Server(0).Read(asked.size()), asked);
  const std::string answer =
      Headers(1) + FrameBytes(FrameType::kData, 1, 1, std::string(100'000, 'x'));
  Server(0).Write(answer);
  EXPECT_EQ(client->Read(answer.size()), answer);
  client->Close();
  EXPECT_TRUE(Server(0).IsClosed());
}

TEST_F(ListenerTest, TheClientHearsThatTheServerHasEnded) {
  Start({});
  const auto client = Connect();
  client->Write(Begin());
  Server(0).Write("last words");
  Server(0).Close();
  EXPECT_EQ(client->Read(100), "last words");
}

// The server can tell its clients apart.
TEST_F(ListenerTest, ConnectionsHaveNames) {
  Start({});
  const auto one = Connect();
  const auto two = Connect();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 2; ++i) {
    sockaddr_storage name{};
    socklen_t size = sizeof(name);
    ASSERT_EQ(getpeername(Server(i).fd(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    names.emplace_back(reinterpret_cast<const char*>(&name), size);
    EXPECT_THAT(names.back(), ::testing::HasSubstr("127.0.0.1:"));
  }
  EXPECT_NE(names[0], names[1]);
}

TEST_F(ListenerTest, WhatIsNotHttp2IsClosed) {
  Start({});
  const auto client = Connect();
  client->Write("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client->IsClosed());
  EXPECT_EQ(listener_->counts().broken_off, 1);
}

TEST_F(ListenerTest, WhoSaysNothingIsClosed) {
  Start({.begin_within = absl::Milliseconds(1)});
  const auto client = Connect();
  EXPECT_TRUE(client->IsClosed());
}

TEST_F(ListenerTest, BeyondTheLimitNewConnectionsAreTurnedAway) {
  Start({.connections_max = 3});
  const auto one = Connect();
  const auto two = Connect();
  Server(1);
  const auto three = Connect();
  EXPECT_TRUE(three->IsClosed());
  EXPECT_EQ(listener_->counts().turned_away, 1);
  one->Close();
  EXPECT_TRUE(Server(0).IsClosed());
  const auto four = Connect();
  four->Write(Begin());
  EXPECT_EQ(Server(2).Read(Begin().size()), Begin());
}

TEST_F(ListenerTest, AnAddressLeavesRoomForOthers) {
  Start({.connections_max = 3});
  const auto one = Connect();
  const auto two = Connect();
  Server(1);
  EXPECT_TRUE(Connect()->IsClosed());
  const auto other = Connect("127.0.0.2");
  other->Write(Begin());
  EXPECT_EQ(Server(2).Read(Begin().size()), Begin());
  EXPECT_EQ(listener_->counts().open, 3);
}

// Others cannot take their places.
TEST_F(ListenerTest, ConnectionsOfAnAddressWithFewerAreNotClosed) {
  Start({.connections_max = 3, .idle_after = absl::ZeroDuration()});
  const auto other = Connect("127.0.0.2");
  other->Write(Begin());
  EXPECT_EQ(Server(0).Read(Begin().size()), Begin());
  const auto one = Connect();
  const auto two = Connect();
  EXPECT_TRUE(one->IsClosed());
  other->Write(Headers(1));
  EXPECT_EQ(Server(0).Read(Headers(1).size()), Headers(1));
}

// A watcher may hear nothing for long. One who does nothing at all is closed before.
TEST_F(ListenerTest, QuietCallsMakeRoomAfterConnectionsWithoutOne) {
  Start({.connections_max = 3,
         .idle_after = absl::ZeroDuration(),
         .quiet_after = absl::ZeroDuration()});
  const auto watcher = Connect();
  watcher->Write(Begin() + Headers(1));
  EXPECT_EQ(Server(0).Read(Begin().size() + Headers(1).size()), Begin() + Headers(1));
  const auto idle = Connect();
  Server(1);
  const auto next = Connect();
  EXPECT_TRUE(idle->IsClosed());
  Server(2);
  next->Write(Begin() + Headers(1));
  EXPECT_EQ(Server(2).Read(Begin().size() + Headers(1).size()), Begin() + Headers(1));
  const absl::Duration until = SteadyNow() + absl::Milliseconds(kPatienceMs);
  while (listener_->counts().shed < 2 && SteadyNow() < until) Connect();
  EXPECT_TRUE(watcher->IsClosed());
}

TEST_F(ListenerTest, ACallIsNotQuietForLong) {
  Start({.connections_max = 3, .idle_after = absl::ZeroDuration()});
  const auto watcher = Connect();
  watcher->Write(Begin() + Headers(1));
  EXPECT_EQ(Server(0).Read(Begin().size() + Headers(1).size()), Begin() + Headers(1));
  const auto other = Connect();
  other->Write(Begin() + Headers(1));
  EXPECT_EQ(Server(1).Read(Begin().size() + Headers(1).size()), Begin() + Headers(1));
  EXPECT_TRUE(Connect()->IsClosed());
  EXPECT_EQ(listener_->counts().turned_away, 1);
  EXPECT_EQ(listener_->counts().shed, 0);
}

// Otherwise a client that does not answer would keep a server from stopping.
TEST_F(ListenerTest, AfterTheServersGoodbyeAConnectionEndsWithItsLastCall) {
  Start({.stay_max = absl::ZeroDuration()});
  const auto client = Connect();
  client->Write(Begin() + Headers(1));
  EXPECT_EQ(Server(0).Read(Begin().size() + Headers(1).size()), Begin() + Headers(1));
  const auto without_call = Connect();
  without_call->Write(Begin());
  const std::string goodbye = FrameBytes(FrameType::kGoAway, 0, 0, std::string(8, '\0'));
  Server(1).Write(goodbye);
  Server(0).Write(goodbye);
  EXPECT_EQ(without_call->Read(100), goodbye);
  EXPECT_TRUE(without_call->IsClosed());
  const std::string end =
      FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders | FrameHeader::kEndStream, 1, "end");
  Server(0).Write(end);
  EXPECT_EQ(client->Read(1'000), goodbye + end);
}

// Although the client has sent something that nobody has read.
TEST_F(ListenerTest, TheClientHearsTheServersLastWordsWholly) {
  Start({.frames = {.resets_per_second = 0.001, .resets_burst = 1}});
  const auto client = Connect("127.0.0.1", /*receive_bytes=*/4'096);
  const std::string reset = FrameBytes(FrameType::kResetStream, 0, 1, std::string(4, '\0'));
  client->Write(Begin() + reset + reset);
  Server(0).Read(Begin().size() + reset.size());
  while (listener_->counts().slowed == 0) absl::SleepFor(absl::Milliseconds(1));
  client->Write("that nobody reads");
  const std::string words(100'000, 'w');
  Server(0).Write(words);
  Server(0).Close();
  EXPECT_EQ(client->Read(words.size()).size(), words.size());
}

TEST_F(ListenerTest, AnIdleConnectionMakesRoomForANewOne) {
  Start({.connections_max = 3, .idle_after = absl::Milliseconds(200)});
  const auto idle = Connect();
  idle->Write(Begin());
  const auto busy = Connect();
  busy->Write(Begin() + Headers(1));
  const File& server = Server(1);
  server.Read(Begin().size() + Headers(1).size());
  // While others try to connect, one goes on with its call.
  const absl::Duration until = SteadyNow() + absl::Milliseconds(kPatienceMs);
  while (listener_->counts().shed == 0 && SteadyNow() < until) {
    server.Write(FrameBytes(FrameType::kData, 0, 1, "x"));
    Connect();
  }
  EXPECT_TRUE(idle->IsClosed());
  busy->Write(FrameBytes(FrameType::kData, 1, 1, "end"));
  EXPECT_EQ(server.Read(12).size(), 12);
}

// A client that reads nothing is read no more, and closed after a while.
TEST_F(ListenerTest, WhoDoesNotReadIsClosed) {
  Start({.deaf_max = absl::Milliseconds(500)});
  const auto client = Connect();
  client->Write(Begin());
  const std::string data = FrameBytes(FrameType::kData, 0, 1, std::string(60'000, 'x'));
  File& server = Server(0);
  while (send(server.fd(), data.data(), data.size(), MSG_NOSIGNAL) > 0) {
  }
  SUCCEED() << "the server's end was closed";
}

TEST_F(ListenerTest, ResetsAreSlowedDown) {
  Start({.frames = {.resets_per_second = 20, .resets_burst = 2}});
  const auto client = Connect();
  const std::string reset = FrameBytes(FrameType::kResetStream, 0, 1, std::string(4, '\0'));
  const std::string all = Begin() + reset + reset + reset + reset;
  client->Write(all);
  EXPECT_EQ(Server(0).Read(all.size()), all);
  EXPECT_GE(listener_->counts().slowed, 1);
}

TEST_F(ListenerTest, AfterStopAcceptingNobodyConnects) {
  Start({});
  listener_->StopAccepting();
  const File client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(connect(client.fd(), reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)),
            0);
}

TEST_F(ListenerTest, AfterStopAcceptingOpenConnectionsGoOn) {
  Start({});
  const auto client = Connect();
  client->Write(Begin());
  EXPECT_EQ(Server(0).Read(Begin().size()), Begin());
  listener_->StopAccepting();
  client->Write(Headers(1));
  EXPECT_EQ(Server(0).Read(Headers(1).size()), Headers(1));
  listener_.reset();
  EXPECT_TRUE(client->IsClosed());
}

// The GOAWAY of RFC 9113, section 6.8, with the highest stream and no error.
std::string Goodbye() {
  return FrameBytes(FrameType::kGoAway, 0, 0, std::string("\x7f\xff\xff\xff\0\0\0\0", 8));
}

TEST_F(ListenerTest, AGoodbyeLeavesTheServerWhatTheClientBegins) {
  Start({});
  const auto client = Connect();
  client->Write(Begin());
  Server(0).Read(Begin().size());
  const std::string settings = FrameBytes(FrameType::kSettings, 0, 0, "");
  Server(0).Write(settings);
  EXPECT_EQ(client->Read(settings.size()), settings);
  listener_->StopAccepting();
  std::thread leaving([this] { listener_->SayGoodbye(); });
  EXPECT_EQ(client->Read(Goodbye().size()), Goodbye());
  client->Write(Headers(1));
  EXPECT_EQ(Server(0).Read(Headers(1).size()), Headers(1));
  client->Close();
  leaving.join();
}

TEST_F(ListenerTest, AGoodbyeWaitsForTheServersFirstFrameAndForTheEndOfItsHeaders) {
  Start({.goodbye_within = absl::ZeroDuration()});
  const auto client = Connect();
  client->Write(Begin());
  Server(0).Read(Begin().size());
  listener_->StopAccepting();
  listener_->SayGoodbye();
  const std::string headers = FrameBytes(FrameType::kHeaders, 0, 1, "these are ");
  const std::string more = FrameBytes(FrameType::kContinuation, FrameHeader::kEndHeaders, 1, "all");
  for (const std::string& part : {headers.substr(0, 12), headers.substr(12), more}) {
    Server(0).Write(part);
    EXPECT_EQ(client->Read(part.size()), part);
  }
  EXPECT_EQ(client->Read(Goodbye().size()), Goodbye());
}

TEST_F(ListenerTest, AGoodbyeWaitsForNobodyOnceAllHaveGone) {
  Start({.goodbye_within = absl::Milliseconds(kPatienceMs)});
  const auto client = Connect();
  Server(0);
  client->Close();
  const absl::Duration began = SteadyNow();
  listener_->SayGoodbye();
  EXPECT_LT(SteadyNow() - began, absl::Milliseconds(kPatienceMs) / 2);
}

}  // namespace
}  // namespace canvass::edge
