#include "common/service/admin_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace canvass::service {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr absl::Duration kPatience = absl::Seconds(20);

// A client's end of a connection.
class Client {
 public:
  explicit Client(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns false if the server has closed the connection.
  bool Send(std::string_view bytes) const {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // What the server says until it closes the connection, says no more for `patience`, or has said
  // `enough`.
  std::string Hear(absl::Duration patience = kPatience, std::string_view enough = "") {
    std::string heard;
    while (enough.empty() || heard.find(enough) == std::string::npos) {
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) <= 0) break;
      std::array<char, 4096> buffer{};
      const ssize_t bytes = recv(fd_, buffer.data(), buffer.size(), 0);
      closed_ = bytes <= 0;
      if (closed_) break;
      heard.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
    return heard;
  }
  bool closed() const { return closed_; }

 private:
  const int fd_;
  bool closed_ = false;
};

class AdminServerTest : public ::testing::Test {
 protected:
  AdminServerTest() { Start({}); }

  void Start(AdminServerOptions options) {
    options.version = "1.2.3";
    auto server = AdminServer::Start(options, {.add_metrics =
                                                   [](telemetry::MetricSheet& sheet) {
                                                     sheet.AddGauge("canvass_apples", "Apples.", 7);
                                                   },
                                               .ready = [this] { return ready_; }});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // The answer to a request that closes its connection.
  std::string Get(const std::string& path, const std::string& method = "GET") const {
    Client client(server_->address());
    client.Send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.Hear();
  }

  absl::Status ready_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, ShowsTheMetricsOfServiceAndProcess) {
  const std::string page = Get("/metrics");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(page, HasSubstr("# HELP canvass_apples Apples.\n# TYPE canvass_apples gauge\n"));
  EXPECT_THAT(page, HasSubstr("\ncanvass_apples 7\n"));
  EXPECT_THAT(page, HasSubstr("\ncanvass_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("\nprocess_resident_memory_bytes "));
  EXPECT_THAT(page, HasSubstr("\ncanvass_ready 1\n"));
}

TEST_F(AdminServerTest, IsReadyWhenTheServiceIs) {
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
  ready_ = MakeError(reason::kNotActive, "stand\x1b[2J by");
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "),
                                    EndsWith("\r\n\r\nUNAVAILABLE: stand [2J by (NOT_ACTIVE)\n")));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, HeadHasNoBody) {
  const std::string answer = Get("/healthz", "HEAD");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 3\r\n"),
                            EndsWith("\r\n\r\n")));
}

TEST_F(AdminServerTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics/../etc"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics?name[]=x"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get("/metrics", "POST"), StartsWith("HTTP/1.1 405 "));
  Client client(server_->address());
  client.Send("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(client.Hear(), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(client.closed());
}

TEST_F(AdminServerTest, WhatIsNoHttpIsClosed) {
  Client client(server_->address());
  client.Send("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n");
  client.Hear();
  EXPECT_TRUE(client.closed());
}

TEST_F(AdminServerTest, AConnectionMayAskAgain) {
  Client client(server_->address());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send("GET /healthz HTTP/1.1\r\n\r\n"));
    EXPECT_THAT(client.Hear(kPatience, "ok\n"), EndsWith("\r\n\r\nok\n"));
  }
  ASSERT_TRUE(client.Send("GET /healthz HTTP/1.1\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n"));
  EXPECT_THAT(client.Hear(kPatience, "ok\nHTTP/1.1 200"), HasSubstr("ok\n"));
}

TEST_F(AdminServerTest, LargeHeadersAreRefused) {
  Client client(server_->address());
  client.Send("GET /metrics HTTP/1.1\r\nX: " + std::string(AdminServer::kHeaderBytesMax, 'x'));
  EXPECT_THAT(client.Hear(), StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(client.closed());
}

TEST_F(AdminServerTest, HeadersWithoutEndAreClosed) {
  Client client(server_->address());
  const std::string header = "X: y\r\n";
  client.Send("GET /metrics HTTP/1.1\r\n");
  int sent = 0;
  while (sent < 1'000'000 && client.Send(header)) ++sent;
  EXPECT_LT(sent, 1'000'000);
}

TEST_F(AdminServerTest, SlowClientsAreClosed) {
  Start({.request_within = absl::Milliseconds(100), .idle_max = absl::Milliseconds(100)});
  Client silent(server_->address());
  Client slow(server_->address());
  slow.Send("GET /met");
  EXPECT_EQ(silent.Hear(), "");
  EXPECT_TRUE(silent.closed());
  slow.Hear();
  EXPECT_TRUE(slow.closed());
}

// One that does not read its answers is closed as well, and delays nobody.
TEST_F(AdminServerTest, ClientsThatDoNotReadAreClosed) {
  Start({.request_within = absl::Milliseconds(100)});
  Client deaf(server_->address());
  std::string requests;
  for (int i = 0; i < 20'000; ++i) requests += "GET /metrics HTTP/1.1\r\n\r\n";
  deaf.Send(requests);
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, ManyConnectionsLeaveRoomForTheNext) {
  Start({.connections_max = 8});
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 50; ++i) idle.push_back(std::make_unique<Client>(server_->address()));
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(idle.front()->Hear(), "");
  EXPECT_TRUE(idle.front()->closed());
  idle.back()->Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle.back()->Hear(kPatience, "ok\n"), EndsWith("ok\n"));
}

TEST_F(AdminServerTest, TheAddressFileHoldsOneLine) {
  const canvass::testing::TemporaryFolder folder;
  Start({.address_file = folder.File("admin")});
  std::ifstream stream(folder.File("admin"));
  const std::string content((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_EQ(content, server_->address() + "\n");
}

TEST_F(AdminServerTest, APortInUseIsAnError) {
  const auto second = AdminServer::Start({.listen_address = server_->address()}, {});
  EXPECT_EQ(DetailOf(second.status()).reason, "ADDRESS_IN_USE");
}

}  // namespace
}  // namespace canvass::service
