#include "tests/edge/attacker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "tests/common/edge/frame_bytes.h"

namespace canvass::edge {
namespace {

constexpr int kPatienceMs = 200;

// A literal string of HPACK, not Huffman-coded (RFC 7541, section 5.2).
std::string HpackText(std::string_view text) {
  return std::string(1, static_cast<char>(text.size())).append(text);
}

// A literal header field that is not indexed, with a new name (RFC 7541, section 6.2.2).
std::string HpackField(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + HpackText(name) + HpackText(value);
}

}  // namespace

Attacker::Attacker(const std::string& address, bool begins, std::size_t window,
                   const identity::TlsFiles* tls) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  if (connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof(target)) != 0) {
    close(fd_);
    fd_ = -1;
    return;
  }
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  if (tls != nullptr) BeginTls(*tls);
  if (!begins) return;
  // SETTINGS_INITIAL_WINDOW_SIZE, and the window of the connection, as large as it may be.
  const std::string settings = std::string("\0\4", 2) + BigEndian(window, 4);
  Write(std::string(FrameReader::kPreface) + FrameBytes(FrameType::kSettings, 0, 0, settings) +
        FrameBytes(FrameType::kWindowUpdate, 0, 0, BigEndian(0x7FFF'0000, 4)));
}

Attacker::~Attacker() { Close(); }

void Attacker::Close() {
  session_.reset();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void Attacker::BeginTls(const identity::TlsFiles& files) {
  constexpr std::array<unsigned char, 3> kProtocols{2, 'h', '2'};
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
  SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_alpn_protos(context_.get(), kProtocols.data(), kProtocols.size());
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  session_.reset(SSL_new(context_.get()));
  SSL_set_fd(session_.get(), fd_);
  SSL_set_connect_state(session_.get());
}

std::ptrdiff_t Attacker::Send(std::string_view bytes) {
  if (session_ == nullptr) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  }
  ERR_clear_error();
  std::size_t sent = 0;
  const int status = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
  if (status > 0) return static_cast<std::ptrdiff_t>(sent);
  const int error = SSL_get_error(session_.get(), status);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

std::ptrdiff_t Attacker::Receive(char* buffer, std::size_t size) {
  if (session_ == nullptr) {
    const ssize_t received = recv(fd_, buffer, size, 0);
    if (received >= 0) return received;
    return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  }
  ERR_clear_error();
  std::size_t received = 0;
  const int status = SSL_read_ex(session_.get(), buffer, size, &received);
  if (status > 0) return static_cast<std::ptrdiff_t>(received);
  const int error = SSL_get_error(session_.get(), status);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

bool Attacker::AwaitRoom() const {
  const bool reads = session_ != nullptr && SSL_want_read(session_.get());
  const short events = reads ? POLLIN : POLLOUT;
  pollfd waiting{.fd = fd_, .events = events, .revents = 0};
  return poll(&waiting, 1, kPatienceMs) > 0;
}

bool Attacker::Write(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const std::ptrdiff_t sent = Send(bytes);
    if (sent == 0) {
      Close();
      return false;
    }
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (AwaitRoom()) continue;
    if (session_ != nullptr) Close();
    return false;
  }
  return fd_ >= 0;
}

std::size_t Attacker::Drain() {
  std::array<char, 65'536> buffer;
  std::size_t drained = 0;
  while (fd_ >= 0) {
    const std::ptrdiff_t received = Receive(buffer.data(), buffer.size());
    if (received < 0) break;
    if (received == 0) Close();
    drained += static_cast<std::size_t>(received);
  }
  return drained;
}

std::string Attacker::CallHeaders(std::uint32_t stream, std::string_view path,
                                  std::string_view encoding) {
  // 0x83 and 0x86 are ":method: POST" and ":scheme: http" of HPACK's static table.
  std::string block = "\x83\x86" + HpackField(":path", path) + HpackField(":authority", "canvass") +
                      HpackField("content-type", "application/grpc") + HpackField("te", "trailers");
  if (!encoding.empty()) block += HpackField("grpc-encoding", encoding);
  return FrameBytes(FrameType::kHeaders, FrameHeader::kEndHeaders, stream, block);
}

std::string Attacker::LastMessage(std::uint32_t stream, std::string_view message, bool compressed) {
  return FrameBytes(FrameType::kData, FrameHeader::kEndStream, stream,
                    MessageBytes(message, compressed));
}

std::function<std::string(std::uint32_t stream)> Attacker::CallOf(const std::string& path,
                                                                  const std::string& request) {
  return [path, request](std::uint32_t stream) {
    return CallHeaders(stream, path) + LastMessage(stream, request);
  };
}

std::string Attacker::Reset(std::uint32_t stream) {
  return FrameBytes(FrameType::kResetStream, 0, stream, BigEndian(8 /*CANCEL*/, 4));
}

}  // namespace canvass::edge
