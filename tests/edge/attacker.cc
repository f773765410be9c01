#include "tests/edge/attacker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
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

Attacker::Attacker(const std::string& address, bool begins, std::size_t window) {
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
  if (!begins) return;
  // SETTINGS_INITIAL_WINDOW_SIZE, and the window of the connection, as large as it may be.
  const std::string settings = std::string("\0\4", 2) + BigEndian(window, 4);
  Write(std::string(FrameReader::kPreface) + FrameBytes(FrameType::kSettings, 0, 0, settings) +
        FrameBytes(FrameType::kWindowUpdate, 0, 0, BigEndian(0x7FFF'0000, 4)));
}

Attacker::~Attacker() {
  if (fd_ >= 0) close(fd_);
}

bool Attacker::Write(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const ssize_t written = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      close(fd_);
      fd_ = -1;
      return false;
    }
    pollfd waiting{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&waiting, 1, kPatienceMs) <= 0) return false;
  }
  return fd_ >= 0;
}

std::size_t Attacker::Drain() {
  std::array<char, 65'536> buffer;
  std::size_t drained = 0;
  while (fd_ >= 0) {
    const ssize_t read = recv(fd_, buffer.data(), buffer.size(), 0);
    if (read > 0) {
      drained += static_cast<std::size_t>(read);
      continue;
    }
    const bool ended = read == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    if (ended) {
      close(fd_);
      fd_ = -1;
    }
    break;
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
