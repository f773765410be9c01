#include "common/rpc/channel_tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/election/actor.h"
#include "common/identity/certificate.h"
#include "common/identity/spiffe_id.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"

namespace canvass::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

// How often gRPC looks for changed certificates.
constexpr unsigned kRefreshSeconds = 5;

// Checks the certificate that a server shows, as a server checks those of its callers.
class ServerVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  using Request = grpc::experimental::TlsCustomVerificationCheckRequest;

  ServerVerifier(std::shared_ptr<identity::CredentialFiles> files, std::string service)
      : files_(std::move(files)), service_(std::move(service)) {}

  bool Verify(Request* request, std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* sync_status) override {
    *sync_status = ToGrpcStatus(Check(*request));
    return true;
  }

  void Cancel(Request* /*request*/) override {}

 private:
  absl::Status Check(const Request& request) const {
    const absl::StatusOr<bool> refreshed = files_->Refresh();
    if (!refreshed.ok()) telemetry::LogError(telemetry::Describe(refreshed.status()));
    const grpc::string_ref pem = request.peer_cert_full_chain();
    const auto chain = identity::ReadCertificates({pem.data(), pem.size()});
    if (!chain.ok()) return Refused(chain.status().message());
    const auto id = files_->credentials()->trust.Check(*chain);
    if (!id.ok()) return Refused(id.status().message());
    const bool is_service = id->actor.role == election::Role::kService &&
                            (service_.empty() || id->actor.name == service_);
    if (is_service) return absl::OkStatus();
    return Refused(absl::StrCat("names ", identity::ToUri(*id), ", not service/",
                                service_.empty() ? "..." : service_));
  }

  static absl::Status Refused(absl::string_view why) {
    return absl::UnauthenticatedError(absl::StrCat("the server's certificate ", why));
  }

  const std::shared_ptr<identity::CredentialFiles> files_;
  const std::string service_;
};

std::shared_ptr<ChannelTls>& ProcessTls() {
  static auto& tls = *new std::shared_ptr<ChannelTls>();
  return tls;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ChannelTls>> ChannelTls::Open(const identity::TlsFiles& files) {
  auto opened = identity::CredentialFiles::Open(files);
  if (!opened.ok()) return opened.status();
  return std::shared_ptr<ChannelTls>(new ChannelTls(*std::move(opened)));
}

ChannelTls::ChannelTls(std::unique_ptr<identity::CredentialFiles> files)
    : files_(std::move(files)) {
  const identity::TlsFiles& names = files_->files();
  if (names.certificate.empty()) {
    provider_ =
        std::make_shared<FileWatcherCertificateProvider>(names.authorities, kRefreshSeconds);
  } else {
    provider_ = std::make_shared<FileWatcherCertificateProvider>(
        names.key, names.certificate, names.authorities, kRefreshSeconds);
  }
}

ChannelTls::~ChannelTls() = default;

std::shared_ptr<grpc::ChannelCredentials> ChannelTls::CredentialsFor(
    const std::string& service) const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  if (!files_->files().certificate.empty()) options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<ServerVerifier>(files_, service));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

const std::shared_ptr<ChannelTls>& ChannelTls::OfProcess() { return ProcessTls(); }

void ChannelTls::SetOfProcess(std::shared_ptr<ChannelTls> tls) { ProcessTls() = std::move(tls); }

}  // namespace canvass::rpc
