#ifndef CANVASS_COMMON_RPC_CHANNEL_TLS_H_
#define CANVASS_COMMON_RPC_CHANNEL_TLS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/identity/credentials.h"

namespace grpc {
class ChannelCredentials;
namespace experimental {
class CertificateProviderInterface;
}  // namespace experimental
}  // namespace grpc

namespace canvass::rpc {

// How calls use TLS: the certificate that says who calls, and who is believed. A server must have a
// certificate of the same trust domain that names a service; at which host it is called does not
// matter. Files that change are read anew. Thread-safe.
class ChannelTls {
 public:
  // Returns FAILED_PRECONDITION TLS_FILE_UNUSABLE. Without a certificate calls are anonymous.
  static absl::StatusOr<std::shared_ptr<ChannelTls>> Open(const identity::TlsFiles& files);
  ~ChannelTls();
  ChannelTls(const ChannelTls&) = delete;
  ChannelTls& operator=(const ChannelTls&) = delete;

  // Returns what a channel needs to call `service`, e.g. "aggregator"; empty for any service.
  std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const std::string& service) const;

  // How all channels of this process use TLS that are not told otherwise; null for no TLS. A
  // program sets it once, before its first channel and its second thread.
  static const std::shared_ptr<ChannelTls>& OfProcess();
  static void SetOfProcess(std::shared_ptr<ChannelTls> tls);

 private:
  explicit ChannelTls(std::unique_ptr<identity::CredentialFiles> files);

  const std::shared_ptr<identity::CredentialFiles> files_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
};

}  // namespace canvass::rpc

#endif  // CANVASS_COMMON_RPC_CHANNEL_TLS_H_
