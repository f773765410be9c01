#include "common/rpc/server.h"

#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <pthread.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigwait is not in <csignal>

#include <cassert>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/mutex.h"
#include "common/base/reason.h"
#include "common/rpc/address_file.h"
#include "common/rpc/call_counter.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/deadlock_search.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/listen_address.h"
#include "common/rpc/unread_answers.h"
#include "common/telemetry/log.h"

namespace canvass::rpc {
namespace {

// Notices a vanished client within a minute and ends its streams.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// Shortest interval at which clients may ping.
constexpr int kPingIntervalMinMs = 5'000;

// How long a client may take for its part of HTTP/2's beginning.
constexpr int kHandshakeTimeoutMs = 10'000;
// Memory of gRPC for requests that are being received, of all connections together.
constexpr std::size_t kRequestMemoryMax = std::size_t{256} << 20U;
// What a client may send on a call before anybody reads it (HTTP/2's window). gRPC would raise it
// to the bandwidth times the delay, and keep several messages of a fast client. A large message
// that is being read may come whole.
constexpr int kUnreadRequestBytesMax = 2 << 20;

// Calls of reflection at a time: each has a thread for as long as it lasts. Only people with
// grpcurl make them, and nothing else here needs threads of gRPC's synchronous kind.
constexpr int kReflectionThreadsMax = 8;

// Plugins and the health service are process-wide settings, set before the first server starts.
void PrepareProcess() {
  static const bool prepared = [] {
    RouteGrpcLog();
    edge::RaiseOpenFilesMax();
    StopDeadlockSearch();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(prepared);
}

void SetArguments(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(kAnswerBytesMax);
  builder.SetResourceQuota(grpc::ResourceQuota("requests")
                               .Resize(kRequestMemoryMax)
                               .SetMaxThreads(kReflectionThreadsMax));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kUnreadRequestBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(options.limits.frames.streams_max));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  // gRPC inflates a message before it checks its size. Reports hardly compress anyway.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  for (const grpc_compression_algorithm each : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(each, false);
  }
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  if (options.connection_age_max == absl::InfiniteDuration()) return;
  const auto age_ms = static_cast<int>(absl::ToInt64Milliseconds(options.connection_age_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, age_ms);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, age_ms);
}

// Counts the calls from where gRPC shows all of them, whatever their handlers do.
void CountCalls(CallMetrics& calls, grpc::ServerBuilder& builder) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  creators.push_back(std::make_unique<CallCounterFactory>(calls));
  builder.experimental().SetInterceptorCreators(std::move(creators));
}

absl::Status CheckReach(const ServerOptions& options, const ListenAddress& address) {
  if (IsLoopback(address)) return absl::OkStatus();
  const std::string listening =
      absl::StrCat(FormatListenAddress(address), ", which other machines can reach");
  if (options.insecure) {
    telemetry::LogWarning(absl::StrCat("listening on ", listening,
                                       ": callers are not authenticated and nothing is encrypted"));
    return absl::OkStatus();
  }
  return MakeError(
      reason::kTlsRequired,
      absl::StrCat("Does not listen on ", listening,
                   ", without TLS. Give --tls_certificate, --tls_key and --tls_authorities; or "
                   "--insecure, if everybody who can reach it may do everything."),
      {.metadata = {{"address", FormatListenAddress(address)}}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(options.listen_address);
  if (!address.ok()) return address.status();
  absl::StatusOr<Tls> tls = OpenTls(options, *address);
  if (!tls.ok()) return tls.status();
  std::unique_ptr<Server> health;
  if (!options.health_listen_address.empty()) {
    absl::StatusOr<std::unique_ptr<Server>> started = ServeHealth(options);
    if (!started.ok()) return started.status();
    health = *std::move(started);
  }
  absl::StatusOr<std::unique_ptr<Server>> server =
      Serve(options, *address, *std::move(tls), services);
  if (!server.ok()) return server.status();
  (*server)->health_ = std::move(health);
  if (!options.address_file.empty()) {
    const absl::Status written = WriteAddressFile(options.address_file, (*server)->address());
    if (!written.ok()) return written;
  }
  return server;
}

absl::StatusOr<std::unique_ptr<Server>> Server::ServeHealth(const ServerOptions& options) {
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(options.health_listen_address);
  if (!address.ok()) return address.status();
  const ServerOptions health = {.drain_timeout = options.drain_timeout, .limits = options.limits};
  return Serve(health, *address, Tls(), {});
}

absl::StatusOr<std::unique_ptr<Server>> Server::Serve(const ServerOptions& options,
                                                      const ListenAddress& address, Tls tls,
                                                      const std::vector<grpc::Service*>& services) {
  PrepareProcess();
  ListenAddress bound = address;
  const absl::StatusOr<std::vector<int>> listening = Listen(bound);
  if (!listening.ok()) return listening.status();
  grpc::ServerBuilder builder;
  SetArguments(options, builder);
  auto calls = std::make_unique<CallMetrics>();
  CountCalls(*calls, builder);
  using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> grpc_server = builder.BuildAndStart();
  assert(grpc_server != nullptr);  // it binds to nothing that could fail
  grpc_server->GetHealthCheckService()->SetServingStatus(false);
  return std::unique_ptr<Server>(new Server(options, bound, *listening, std::move(tls),
                                            std::move(calls), std::move(acceptor),
                                            std::move(grpc_server)));
}

absl::StatusOr<Server::Tls> Server::OpenTls(const ServerOptions& options,
                                            const ListenAddress& address) {
  if (options.tls.certificate.empty()) {
    const absl::Status reach = CheckReach(options, address);
    if (!reach.ok()) return reach;
    return Tls();
  }
  auto files = identity::CredentialFiles::Open(options.tls);
  if (!files.ok()) return files.status();
  auto server = std::make_unique<edge::TlsServer>(**files, options.callers);
  return Tls{.files = *std::move(files), .server = std::move(server)};
}

Server::Server(const ServerOptions& options, const ListenAddress& address,
               const std::vector<int>& listening, Tls tls, std::unique_ptr<CallMetrics> calls,
               std::unique_ptr<Acceptor> acceptor, std::unique_ptr<grpc::Server> server)
    : address_(FormatListenAddress(address)),
      drain_timeout_(options.drain_timeout),
      calls_(std::move(calls)),
      acceptor_(std::move(acceptor)),
      server_(std::move(server)),
      tls_(std::move(tls)),
      listener_(listening, options.limits, tls_.server.get(), [this](int fd) {
        Acceptor::NewConnectionParameters connection;
        connection.fd = fd;
        acceptor_->HandleNewConnection(&connection);
      }) {}

Server::~Server() {
  const MutexLock lock(mutex_);
  if (!stopped_) server_->Shutdown(TimeIn(absl::ZeroDuration()));
}

void Server::SetServing(const std::string& service, bool serving) {
  if (health_ != nullptr) health_->SetServing(service, serving);
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
  const MutexLock lock(serving_mutex_);
  if (serving) {
    serving_.insert(service);
  } else {
    serving_.erase(service);
  }
}

bool Server::IsServing(const std::string& service) const {
  const MutexLock lock(serving_mutex_);
  return serving_.contains(service);
}

void Server::AddTo(telemetry::MetricSheet& sheet) const {
  calls_->AddTo(sheet);
  const edge::Listener::Counts counts = listener_.counts();
  const auto add_connections = [&sheet](const char* what, std::int64_t count) {
    sheet.AddCounter("canvass_connections_total",
                     "Connections of the port, by what became of them.", static_cast<double>(count),
                     {{"event", what}});
  };
  sheet.AddGauge("canvass_connections_open", "Connections of the port that are open.",
                 static_cast<double>(counts.open));
  add_connections("accepted", counts.accepted);
  add_connections("turned_away", counts.turned_away);
  add_connections("shed", counts.shed);
  add_connections("slowed", counts.slowed);
  add_connections("broken_off", counts.broken_off);
  add_connections("not_accepted", counts.not_accepted);
  const absl::Time expires_at =
      tls_.files == nullptr ? absl::InfiniteFuture() : tls_.files->credentials()->expires_at();
  sheet.AddGauge("canvass_certificate_expires_timestamp_seconds",
                 "When the service's own certificate expires, in seconds since 1970; +Inf without.",
                 absl::ToDoubleSeconds(expires_at - absl::UnixEpoch()));
  sheet.AddGauge("canvass_unread_answer_bytes",
                 "Memory of answers that their clients have not read.",
                 static_cast<double>(UnreadAnswers::OfProcess().bytes()));
}

void Server::Stop(const std::function<void()>& end_streams) {
  const MutexLock lock(mutex_);
  if (stopped_) return;
  stopped_ = true;
  server_->GetHealthCheckService()->Shutdown();
  if (health_ != nullptr) health_->server_->GetHealthCheckService()->SetServingStatus(false);
  {
    const MutexLock serving_lock(serving_mutex_);
    serving_.clear();
  }
  if (end_streams) end_streams();
  listener_.StopAccepting();
  // gRPC cancels the calls that arrive once it shuts down.
  listener_.SayGoodbye();
  server_->Shutdown(TimeIn(drain_timeout_));
  server_->Wait();
  if (health_ != nullptr) health_->Stop(nullptr);
}

namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

[[maybe_unused]] bool StopSignalsAreBlocked() {
  sigset_t blocked;
  return pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0 &&
         sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int WaitForStopSignal() {
  assert(StopSignalsAreBlocked());
  const sigset_t signals = StopSignals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

}  // namespace canvass::rpc
