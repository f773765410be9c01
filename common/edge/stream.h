#ifndef CANVASS_COMMON_EDGE_STREAM_H_
#define CANVASS_COMMON_EDGE_STREAM_H_

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <utility>

#include "common/identity/openssl.h"

namespace canvass::edge {

// One end of a connection: a socket, in plain or with TLS over it. Not thread-safe.
class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  // The socket must be connected. The handshake of `tls`, which uses it, must be over; null for
  // none. Nothing waits in ReadSome and WriteSome.
  explicit Stream(Socket socket, identity::SslPtr tls = nullptr);

  // Like the functions of the socket. After would_block, `wanted` is what to wait for before the
  // same call is made again, of WriteSome with the same bytes.
  std::size_t ReadSome(char* buffer, std::size_t size, boost::system::error_code& error,
                       Socket::wait_type& wanted);
  std::size_t WriteSome(const char* bytes, std::size_t size, boost::system::error_code& error,
                        Socket::wait_type& wanted);
  // Tells the other side that nothing more follows.
  void ShutdownSend();
  void Close();

  Socket& socket() { return socket_; }
  // Null if there is no TLS.
  SSL* tls() const { return tls_.get(); }

 private:
  // Says in TLS that nothing more follows.
  void EndTls();
  void NoteResult(int result, boost::system::error_code& error, Socket::wait_type& wanted);

  Socket socket_;
  identity::SslPtr tls_;
  bool is_broken_ = false;  // TLS may not be used any more
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_STREAM_H_
