#include "common/service/admin_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/text_form.h"
#include "common/process/memory_limit.h"
#include "common/rpc/address_file.h"
#include "common/rpc/listen_address.h"
#include "common/telemetry/log.h"
#include "common/telemetry/process_metrics.h"

namespace canvass::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;
using Stream = beast::basic_stream<Protocol>;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";
// After accept failed for lack of files or memory.
constexpr absl::Duration kAcceptAgainAfter = absl::Milliseconds(100);

Response MakeResponse(http::status status, std::string text, const char* type = kPlainText) {
  Response response(status, 11);
  response.set(http::field::content_type, type);
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(text);
  return response;
}

}  // namespace

// Everything is used on the thread alone.
class AdminServer::Impl {
 public:
  Impl(AdminServerOptions options, AdminPages pages, const std::vector<int>& listening)
      : options_(std::move(options)), pages_(std::move(pages)) {
    for (const int fd : listening) {
      acceptors_.push_back(std::make_unique<Listening>(io_));
      acceptors_.back()->acceptor.assign(FamilyOf(fd), fd);
      Accept(*acceptors_.back());
    }
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  class Connection;
  using Connections = std::list<std::shared_ptr<Connection>>;
  struct Listening {
    explicit Listening(asio::io_context& io) : acceptor(io), again(io) {}
    Acceptor acceptor;
    asio::steady_timer again;
  };

  static Protocol FamilyOf(int fd) {
    int family = AF_INET;
    socklen_t size = sizeof(family);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return {family, 0};
  }

  void Accept(Listening& listening);
  void Add(Protocol::socket socket);
  Response Answer(const Request& request);
  Response Page(std::string_view path);
  const std::string& Metrics();

  const AdminServerOptions options_;
  const AdminPages pages_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Listening>> acceptors_;
  Connections connections_;  // the one that was silent for longest first
  std::string metrics_;
  absl::Duration gathered_at_ = -absl::InfiniteDuration();
  std::thread thread_;
};

// One connection, which lives as long as an operation on it is in progress.
class AdminServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, Protocol::socket socket) : server_(server), stream_(std::move(socket)) {}

  void SetPlace(Connections::iterator place) { place_ = place; }

  // Waits for the next request.
  void Wait() {
    if (buffer_.size() > 0) return Read();
    stream_.expires_after(absl::ToChronoNanoseconds(server_.options_.idle_max));
    stream_.async_read_some(buffer_.prepare(kHeaderBytesMax / 2),
                            [self = shared_from_this()](beast::error_code error, std::size_t n) {
                              if (error) return self->Close();
                              self->buffer_.commit(n);
                              self->Read();
                            });
  }

  // Ends what is in progress on it.
  void Close() {
    if (std::exchange(closed_, true)) return;
    const std::shared_ptr<Connection> self = shared_from_this();
    stream_.close();
    server_.connections_.erase(place_);
  }

 private:
  void Read() {
    auto& connections = server_.connections_;
    if (closed_) return;
    connections.splice(connections.end(), connections, place_);  // it is not silent
    stream_.expires_after(absl::ToChronoNanoseconds(server_.options_.request_within));
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(0);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->OnRead(error); });
  }

  void OnRead(const beast::error_code& error) {
    if (!error) return Write(server_.Answer(parser_->get()), parser_->keep_alive());
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return Write(MakeResponse(http::status::request_header_fields_too_large, "too large\n"),
                   false);
    }
    const bool malformed =
        error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (!malformed) return Close();
    Write(MakeResponse(http::status::bad_request, "not a request without a body\n"), false);
  }

  void Write(Response response, bool keep_alive) {
    if (closed_) return;
    stream_.expires_after(absl::ToChronoNanoseconds(server_.options_.request_within));
    response_ = std::move(response);
    response_.keep_alive(keep_alive);
    response_.prepare_payload();
    serializer_.emplace(response_);
    const auto on_written = [self = shared_from_this(), keep_alive](beast::error_code error,
                                                                    std::size_t) {
      self->serializer_.reset();
      if (error || !keep_alive) return self->Close();
      self->Wait();
    };
    const bool is_head = parser_->is_header_done() && parser_->get().method() == http::verb::head;
    if (is_head) {
      http::async_write_header(stream_, *serializer_, on_written);
    } else {
      http::async_write(stream_, *serializer_, on_written);
    }
  }

  Impl& server_;
  Stream stream_;
  Connections::iterator place_;
  bool closed_ = false;
  beast::flat_buffer buffer_{2 * kHeaderBytesMax};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

void AdminServer::Impl::Accept(Listening& listening) {
  listening.acceptor.async_accept(
      [this, &listening](beast::error_code error, Protocol::socket socket) {
        if (!error) {
          Add(std::move(socket));
          return Accept(listening);
        }
        listening.again.expires_after(absl::ToChronoNanoseconds(kAcceptAgainAfter));
        listening.again.async_wait([this, &listening](beast::error_code stopped) {
          if (!stopped) Accept(listening);
        });
      });
}

void AdminServer::Impl::Add(Protocol::socket socket) {
  if (connections_.size() >= options_.connections_max) connections_.front()->Close();
  connections_.push_back(std::make_shared<Connection>(*this, std::move(socket)));
  connections_.back()->SetPlace(std::prev(connections_.end()));
  connections_.back()->Wait();
}

Response AdminServer::Impl::Answer(const Request& request) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Response response = MakeResponse(http::status::method_not_allowed, "GET or HEAD\n");
    response.set(http::field::allow, "GET, HEAD");
    return response;
  }
  const std::string_view target(request.target().data(), request.target().size());
  return Page(target.substr(0, target.find('?')));
}

Response AdminServer::Impl::Page(std::string_view path) {
  if (path == "/metrics") return MakeResponse(http::status::ok, Metrics(), kMetricsText);
  if (path == "/healthz") return MakeResponse(http::status::ok, "ok\n");
  if (path != "/readyz") {
    return MakeResponse(http::status::not_found, "/metrics\n/healthz\n/readyz\n");
  }
  const absl::Status ready = pages_.ready();
  if (ready.ok()) return MakeResponse(http::status::ok, "ok\n");
  return MakeResponse(http::status::service_unavailable,
                      absl::StrCat(WithoutFaults(telemetry::Describe(ready)), "\n"));
}

const std::string& AdminServer::Impl::Metrics() {
  const absl::Duration now = SteadyNow();
  if (now - gathered_at_ < kGatherEvery) return metrics_;
  gathered_at_ = now;
  telemetry::MetricSheet sheet;
  sheet.AddGauge("canvass_build_info", "1, with the version of the program.", 1,
                 {{"version", options_.version}});
  sheet.AddGauge("canvass_ready", "1 if the service should get calls (/readyz).",
                 pages_.ready().ok() ? 1 : 0);
  sheet.AddGauge("canvass_memory_limit_bytes",
                 "Memory of the machine, or what this process may use of it.",
                 static_cast<double>(process::MemoryOfMachine()));
  telemetry::AddProcessMetrics(sheet);
  telemetry::AddLogMetrics(sheet);
  pages_.add_metrics(sheet);
  metrics_ = sheet.Text();
  return metrics_;
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const AdminServerOptions& options,
                                                                AdminPages pages) {
  absl::StatusOr<rpc::ListenAddress> address = rpc::ParseListenAddress(options.listen_address);
  if (!address.ok()) return address.status();
  const absl::StatusOr<std::vector<int>> listening = rpc::Listen(*address);
  if (!listening.ok()) return listening.status();
  std::unique_ptr<AdminServer> server(
      new AdminServer(rpc::FormatListenAddress(*address),
                      std::make_unique<Impl>(options, std::move(pages), *listening)));
  if (!options.address_file.empty()) {
    const absl::Status written = rpc::WriteAddressFile(options.address_file, server->address());
    if (!written.ok()) return written;
  }
  telemetry::LogInfo(absl::StrCat(
      "metrics and health on http://", server->address(),
      rpc::IsLoopback(*address) ? "" : ", which other machines can reach: it has no secrets"));
  return server;
}

AdminServer::AdminServer(std::string address, std::unique_ptr<Impl> impl)
    : address_(std::move(address)), impl_(std::move(impl)) {}

AdminServer::~AdminServer() = default;

}  // namespace canvass::service
