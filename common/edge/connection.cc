#include "common/edge/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/edge/frame_guard.h"

namespace canvass::edge {
namespace {

// Reads of one direction before other connections have their turn.
constexpr int kReadsPerTurn = 4;
// Shortest wait for the guard. Many connections may wait for the same limit, and each that wakes up
// in vain costs processor time.
constexpr absl::Duration kWaitMin = absl::Milliseconds(50);
// How long a client may take to read the last that it is sent.
constexpr absl::Duration kPartWithin = absl::Seconds(1);

// A GOAWAY that says that every call the client has begun is taken (RFC 9113, section 6.8).
constexpr std::string_view kGoodbye("\0\0\x08\x07\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\0", 17);

bool WouldBlock(const boost::system::error_code& error) {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

// Frees the memory, too: most connections hold nothing most of the time.
void Clear(std::string& text) { std::string().swap(text); }

}  // namespace

Connection::Connection(boost::asio::io_context& io, Stream client, Stream server, std::string owner,
                       TlsPeer peer, Shared& shared)
    : io_(io),
      shared_(shared),
      client_(std::move(client)),
      server_(std::move(server)),
      timer_(io),
      guard_(shared.limits, shared.shared_limits, owner),
      owner_(std::move(owner)),
      peer_(std::move(peer)),
      opened_at_(shared.now()) {}

void Connection::Start() {
  PumpToServer();
  PumpToClient();
}

void Connection::SayGoodbye() {
  goodbye_is_due_ = true;
  AddGoodbye();
  if (!closed_ && !parting_) FlushToClient();
}

// What is held for the client ends where the guard has read to.
void Connection::AddGoodbye() {
  if (!goodbye_is_due_ || !guard_.MayAddFromServer()) return;
  goodbye_is_due_ = false;
  guard_.FromServer(kGoodbye, shared_.now());
  if (to_client_.empty()) client_blocked_at_ = shared_.now();
  to_client_.append(kGoodbye);
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();
  timer_.cancel();
  client_.Close();
  server_.Close();
  shared_.on_closed(*this);
}

bool Connection::IsDeaf(absl::Duration now, absl::Duration patience) const {
  return !to_client_.empty() && now - client_blocked_at_ > patience;
}

absl::Duration Connection::active_at() const { return std::max(opened_at_, guard_.active_at()); }

void Connection::PumpToServer() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (closed_ || parting_ || server_takes_no_more_) return;
    if (!to_client_.empty()) {
      client_is_slow_ = true;
      return;
    }
    if (!FlushToServer()) return;
    const std::string_view bytes = Read(client_, &Connection::PumpToServer);
    if (bytes.empty()) return;
    if (!Admit(bytes)) {
      to_server_.assign(bytes);
      return;
    }
    const std::size_t passed =
        Write(server_, bytes.substr(0, admitted_), &Connection::PumpToServer);
    admitted_ -= passed;
    to_server_.assign(bytes.substr(passed));
    if (admitted_ > 0) return;  // goes on when the server has room
  }
  Soon(&Connection::PumpToServer);
}

// Writes what is held for the server. Returns false if something is left, or the connection closed;
// PumpToServer is called again later.
bool Connection::FlushToServer() {
  while (!to_server_.empty()) {
    if (admitted_ == 0 && !Admit(to_server_)) return false;
    const std::string_view next = std::string_view(to_server_).substr(0, admitted_);
    const std::size_t written = Write(server_, next, &Connection::PumpToServer);
    admitted_ -= written;
    to_server_.erase(0, written);
    if (admitted_ > 0) return false;
  }
  Clear(to_server_);
  return !closed_;
}

// Sets admitted_ for bytes that follow those that passed. Returns false if none of them may pass
// now: the connection is closed, or PumpToServer is called when more may.
bool Connection::Admit(std::string_view bytes) {
  const FrameGuard::Admission admission = guard_.FromClient(bytes, shared_.now());
  admitted_ = admission.bytes;
  waits_for_answer_ = admission.until_answer && admitted_ == 0;
  if (admission.verdict == FrameGuard::Verdict::kClose) {
    shared_.on_broken_off(admission.why);
    PartFromClient();
    return false;
  }
  if (admitted_ > 0) return true;
  shared_.on_slowed();
  After(std::max(admission.wait, kWaitMin), &Connection::PumpToServer);
  return false;
}

void Connection::PumpToClient() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (closed_ || parting_ || !FlushToClient()) return;
    const std::string_view bytes = Read(server_, &Connection::PumpToClient);
    if (bytes.empty()) return;
    guard_.FromServer(bytes, shared_.now());
    GoOnAfterAnswer();
    const std::size_t written = Write(client_, bytes, &Connection::PumpToClient);
    to_client_.assign(bytes.substr(written));
    if (!to_client_.empty()) {
      client_blocked_at_ = shared_.now();
      AddGoodbye();
      return;  // goes on when the client has room
    }
    AddGoodbye();
  }
  Soon(&Connection::PumpToClient);
}

void Connection::GoOnAfterAnswer() {
  if (!std::exchange(waits_for_answer_, false)) return;
  timer_.cancel();
  Soon(&Connection::PumpToServer);
}

// Writes what is held for the client. Returns false if something is left, or the connection closed.
bool Connection::FlushToClient() {
  if (!to_client_.empty()) {
    const std::size_t written = Write(client_, to_client_, &Connection::PumpToClient);
    to_client_.erase(0, written);
    if (written > 0) client_blocked_at_ = shared_.now();
    if (!to_client_.empty()) return false;
    Clear(to_client_);
  }
  if (std::exchange(client_is_slow_, false)) Soon(&Connection::PumpToServer);
  return !closed_;
}

std::string_view Connection::Read(Stream& stream, Step again) {
  boost::system::error_code error;
  Socket::wait_type wanted{};
  const std::size_t read =
      stream.ReadSome(shared_.buffer.data(), shared_.buffer.size(), error, wanted);
  if (!error) return {shared_.buffer.data(), read};
  if (WouldBlock(error)) {
    WhenReady(stream, wanted, again);
  } else if (&stream == &server_) {
    PartFromClient();
  } else {
    Close();
  }
  return {};
}

std::size_t Connection::Write(Stream& stream, std::string_view bytes, Step again) {
  std::size_t written = 0;
  while (written < bytes.size() && !closed_) {
    boost::system::error_code error;
    Socket::wait_type wanted{};
    written += stream.WriteSome(bytes.data() + written, bytes.size() - written, error, wanted);
    if (!error) continue;
    if (WouldBlock(error)) {
      WhenReady(stream, wanted, again);
    } else {
      WhenUnwritable(stream);
    }
    break;
  }
  return written;
}

// A server that has closed its end may have said something before, which the client must hear.
// PumpToClient closes the connection after it.
void Connection::WhenUnwritable(const Stream& stream) {
  if (&stream == &server_) {
    server_takes_no_more_ = true;
  } else {
    Close();
  }
}

// The kernel drops what the client has not read if a socket is closed that has something unread. So
// what the client has sent is read first.
void Connection::PartFromClient() {
  if (closed_ || std::exchange(parting_, true)) return;
  server_.Close();
  client_.ShutdownSend();
  After(kPartWithin, &Connection::Close);
  DrainClient();
}

void Connection::DrainClient() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (closed_ || Read(client_, &Connection::DrainClient).empty()) return;
  }
  Soon(&Connection::DrainClient);
}

void Connection::WhenReady(Stream& stream, Socket::wait_type type, Step step) {
  stream.socket().async_wait(type, [self = shared_from_this(), step](const auto& error) {
    if (!error) ((*self).*step)();
  });
}

void Connection::After(absl::Duration wait, Step step) {
  timer_.expires_after(absl::ToChronoNanoseconds(wait));
  timer_.async_wait([self = shared_from_this(), step](const auto& error) {
    if (!error) ((*self).*step)();
  });
}

void Connection::Soon(Step step) {
  boost::asio::post(io_, [self = shared_from_this(), step] {
    if (!self->closed_) ((*self).*step)();
  });
}

}  // namespace canvass::edge
