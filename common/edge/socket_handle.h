#ifndef CANVASS_COMMON_EDGE_SOCKET_HANDLE_H_
#define CANVASS_COMMON_EDGE_SOCKET_HANDLE_H_

#include <unistd.h>

#include <utility>

namespace canvass::edge {

// Owns a socket, and closes it. Movable.
class SocketHandle {
 public:
  SocketHandle() = default;
  explicit SocketHandle(int fd) : fd_(fd) {}
  ~SocketHandle() {
    if (fd_ >= 0) close(fd_);
  }
  SocketHandle(SocketHandle&& other) noexcept : fd_(other.Release()) {}
  SocketHandle& operator=(SocketHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int fd() const { return fd_; }
  // Returns the socket, which the caller owns from then on.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;  // negative for none
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_SOCKET_HANDLE_H_
