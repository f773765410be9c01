#include "common/edge/stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cstddef>
#include <limits>
#include <utility>

namespace canvass::edge {
namespace {

int AsInt(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Stream::Stream(Socket socket, identity::SslPtr tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {
  // Asio waits in read_some and write_some unless it was told, whatever the socket is.
  boost::system::error_code ignored;
  ignored = socket_.non_blocking(true, ignored);
}

std::size_t Stream::ReadSome(char* buffer, std::size_t size, boost::system::error_code& error,
                             Socket::wait_type& wanted) {
  wanted = Socket::wait_read;
  if (tls_ == nullptr) return socket_.read_some(boost::asio::buffer(buffer, size), error);
  ERR_clear_error();
  const int read = SSL_read(tls_.get(), buffer, AsInt(size));
  NoteResult(read, error, wanted);
  return read > 0 ? static_cast<std::size_t>(read) : 0;
}

std::size_t Stream::WriteSome(const char* bytes, std::size_t size, boost::system::error_code& error,
                              Socket::wait_type& wanted) {
  wanted = Socket::wait_write;
  if (tls_ == nullptr) return socket_.write_some(boost::asio::buffer(bytes, size), error);
  ERR_clear_error();
  const int written = SSL_write(tls_.get(), bytes, AsInt(size));
  NoteResult(written, error, wanted);
  return written > 0 ? static_cast<std::size_t>(written) : 0;
}

void Stream::NoteResult(int result, boost::system::error_code& error, Socket::wait_type& wanted) {
  error.clear();
  if (result > 0) return;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      error = boost::asio::error::would_block;
      wanted = Socket::wait_read;
      return;
    case SSL_ERROR_WANT_WRITE:
      error = boost::asio::error::would_block;
      wanted = Socket::wait_write;
      return;
    case SSL_ERROR_ZERO_RETURN:
      error = boost::asio::error::eof;
      return;
    default:
      is_broken_ = true;
      error = boost::asio::error::connection_reset;
  }
}

void Stream::EndTls() {
  if (tls_ != nullptr && !std::exchange(is_broken_, true)) SSL_shutdown(tls_.get());
}

void Stream::ShutdownSend() {
  EndTls();
  boost::system::error_code ignored;
  ignored = socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::Close() {
  EndTls();
  boost::system::error_code ignored;
  ignored = socket_.close(ignored);
}

}  // namespace canvass::edge
