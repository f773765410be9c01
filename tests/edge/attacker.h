#ifndef CANVASS_TESTS_EDGE_ATTACKER_H_
#define CANVASS_TESTS_EDGE_ATTACKER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/edge/frame_reader.h"
#include "common/identity/credentials.h"
#include "common/identity/openssl.h"

namespace canvass::edge {

// A connection of a client that writes HTTP/2 byte by byte and need not follow it. Not thread-safe.
class Attacker {
 public:
  static constexpr std::size_t kAnyAmount = 0x7FFF'FFFF;

  // Connects to "127.0.0.1:port" and, unless told not to, begins with preface and settings that
  // take `window` bytes of each answer; 0: none, so that the server keeps them. With `tls` it shows
  // that certificate, and believes every server.
  explicit Attacker(const std::string& address, bool begins = true, std::size_t window = kAnyAmount,
                    const identity::TlsFiles* tls = nullptr);
  ~Attacker();
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;

  bool is_open() const { return fd_ >= 0; }
  // Returns false if the connection is closed, or took nothing for 200 ms; with TLS it is closed
  // then, since a record cannot be left half written.
  bool Write(std::string_view bytes);
  // Drops what has arrived. Returns how many bytes.
  std::size_t Drain();

  // HEADERS of a call of `path`, e.g. "/canvass.publisher.v1.PublisherService/ListAreas", that ends
  // its headers. `encoding` is that of its messages, e.g. "gzip"; empty for none.
  static std::string CallHeaders(std::uint32_t stream, std::string_view path,
                                 std::string_view encoding = "");
  // DATA with one gRPC message, the last of its call. REQUIRES: it fits into one frame of 16 KiB.
  static std::string LastMessage(std::uint32_t stream, std::string_view message,
                                 bool compressed = false);
  // Returns what makes a whole unary call, or one with a single request, of that stream.
  static std::function<std::string(std::uint32_t stream)> CallOf(const std::string& path,
                                                                 const std::string& request);
  static std::string Reset(std::uint32_t stream);

 private:
  void BeginTls(const identity::TlsFiles& files);
  void Close();
  // As send and recv, but -1 only if they would have to wait; otherwise 0 means that it is closed.
  std::ptrdiff_t Send(std::string_view bytes);
  std::ptrdiff_t Receive(char* buffer, std::size_t size);
  bool AwaitRoom() const;

  int fd_ = -1;
  identity::SslContextPtr context_;
  identity::SslPtr session_;
};

}  // namespace canvass::edge

#endif  // CANVASS_TESTS_EDGE_ATTACKER_H_
