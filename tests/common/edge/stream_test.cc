#include "common/edge/stream.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/edge/tls_server.h"
#include "common/identity/credentials.h"
#include "common/identity/openssl.h"
#include "gtest/gtest.h"
#include "tests/support/test_pki.h"

namespace canvass::edge {
namespace {

// A stream with TLS, and a client at its other end.
class TlsStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto files = identity::CredentialFiles::Open(pki_.Files("service/reporter"));
    ASSERT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
    server_.emplace(*files_, Callers::kAnybody);
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    client_fd_ = ends[1];
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
    client_.reset(SSL_new(context_.get()));
    SSL_set_fd(client_.get(), client_fd_);
    SSL_set_connect_state(client_.get());
    identity::SslPtr session = server_->NewSession(ends[0]);
    bool is_over = false;
    for (int turn = 0; turn < 10 && !is_over; ++turn) {
      const int at_client = SSL_do_handshake(client_.get());
      is_over = SSL_do_handshake(session.get()) == 1 && at_client == 1;
    }
    ASSERT_TRUE(is_over);
    Stream::Socket socket(io_);
    socket.assign({AF_UNIX, 0}, ends[0]);
    stream_.emplace(std::move(socket), std::move(session));
  }

  void TearDown() override { close(client_fd_); }

  void Write(std::string_view record) const {
    ASSERT_EQ(SSL_write(client_.get(), record.data(), static_cast<int>(record.size())),
              static_cast<int>(record.size()));
  }

  // What one call reads, or the error's message.
  std::string Read(std::size_t size = 100) {
    std::string buffer(size, '\0');
    boost::system::error_code error;
    Stream::Socket::wait_type wanted{};
    const std::size_t read = stream_->ReadSome(buffer.data(), size, error, wanted);
    return error ? error.message() : buffer.substr(0, read);
  }

  static std::string MessageOf(boost::system::error_code error) { return error.message(); }

  const testing::TestPki pki_;
  std::unique_ptr<identity::CredentialFiles> files_;
  std::optional<TlsServer> server_;
  boost::asio::io_context io_{1};
  const identity::SslContextPtr context_{SSL_CTX_new(TLS_client_method())};
  int client_fd_ = -1;
  identity::SslPtr client_;
  std::optional<Stream> stream_;
};

TEST_F(TlsStreamTest, ReadsWhatHasArrivedAndWaitsForNothing) {
  EXPECT_EQ(Read(), MessageOf(boost::asio::error::would_block));
  Write("one");
  Write("two");
  EXPECT_EQ(Read(), "one") << "a record at a time";
  EXPECT_EQ(Read(), "two");
  EXPECT_EQ(Read(), MessageOf(boost::asio::error::would_block));
}

TEST_F(TlsStreamTest, WhatDoesNotFitIsReadByTheNextCall) {
  Write("three");
  EXPECT_EQ(Read(2), "th");
  EXPECT_EQ(Read(2), "re");
  EXPECT_EQ(Read(2), "e");
  EXPECT_EQ(Read(2), MessageOf(boost::asio::error::would_block));
}

TEST_F(TlsStreamTest, TheEndComesAfterWhatWasSentBefore) {
  Write("one");
  SSL_shutdown(client_.get());
  EXPECT_EQ(Read(), "one");
  EXPECT_EQ(Read(), MessageOf(boost::asio::error::eof));
}

TEST_F(TlsStreamTest, AnErrorComesAfterWhatWasSentBefore) {
  Write("one");
  constexpr std::string_view kNoRecord = "no record";
  ASSERT_EQ(send(client_fd_, kNoRecord.data(), kNoRecord.size(), 0),
            static_cast<ssize_t>(kNoRecord.size()));
  EXPECT_EQ(Read(), "one");
  EXPECT_EQ(Read(), MessageOf(boost::asio::error::connection_reset));
}

}  // namespace
}  // namespace canvass::edge
