#include "common/rpc/channel.h"

#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/rpc/deadlock_search.h"
#include "common/rpc/grpc_log.h"

namespace canvass::rpc {
namespace {

// A peer that sends nothing for this long is pinged. A vanished host, or a frozen aggregator that a
// standby has replaced, is therefore noticed within 10 s, even by an idle stream.
constexpr int kKeepaliveMs = 5'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
// Short, because a service that restarts is back within seconds.
constexpr int kReconnectBackoffInitialMs = 100;
constexpr int kReconnectBackoffMaxMs = 1'000;
// Limit for one connection attempt.
constexpr int kConnectTimeoutMs = 1'000;
// Lets clients find a service quickly that has moved to another address.
constexpr int kResolutionIntervalMs = 1'000;

// Converts `target` to gRPC's syntax, e.g. "ipv4:a:1,b:2" for several addresses. With several
// addresses gRPC accepts no host names, so only "localhost" is resolved here.
std::string GrpcTarget(const std::string& target) {
  if (absl::StrContains(target, "://") || absl::StartsWith(target, "unix:")) return target;
  std::vector<std::string> addresses = absl::StrSplit(target, ',', absl::SkipWhitespace());
  if (addresses.size() < 2) return absl::StrCat("dns:///", target);
  for (std::string& address : addresses) {
    address = std::string(absl::StripAsciiWhitespace(address));
    if (absl::StartsWith(address, "localhost:")) {
      absl::StrReplaceAll({{"localhost", "127.0.0.1"}}, &address);
    }
  }
  return absl::StrCat(absl::StartsWith(addresses.front(), "[") ? "ipv6:" : "ipv4:",
                      absl::StrJoin(addresses, ","));
}

std::string ServiceConfig(const std::string& health_service) {
  const std::string health =
      health_service.empty()
          ? ""
          : absl::StrCat(R"(,"healthCheckConfig":{"serviceName":")", health_service, R"("})");
  return absl::StrCat(R"({"loadBalancingConfig":[{"round_robin":{}}])", health, "}");
}

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const std::string& target,
                                          const ChannelOptions& options) {
  RouteGrpcLog();
  StopDeadlockSearch();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetServiceConfigJSON(ServiceConfig(options.health_service));
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectBackoffInitialMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectBackoffMaxMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kResolutionIntervalMs);
  return grpc::CreateCustomChannel(GrpcTarget(target),
                                   options.tls == nullptr
                                       ? grpc::InsecureChannelCredentials()
                                       : options.tls->CredentialsFor(options.service),
                                   arguments);
}

}  // namespace canvass::rpc
