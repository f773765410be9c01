#include "common/edge/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cassert>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/identity/certificate.h"
#include "common/identity/spiffe_id.h"
#include "common/identity/trust.h"
#include "common/telemetry/log.h"

namespace canvass::edge {
namespace {

using identity::Credentials;
using CredentialsPtr = std::shared_ptr<const Credentials>;

// An authority, one below it and a certificate, with room for one more.
constexpr int kChainLengthMax = 4;
// ALPN's spelling of HTTP/2.
constexpr std::array<unsigned char, 3> kHttp2 = {2, 'h', '2'};

// NOLINTBEGIN(google-runtime-int): OpenSSL's types
void FreeCredentials(void* /*parent*/, void* held, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                     long /*argl*/, void* /*argp*/) {
  delete static_cast<CredentialsPtr*>(held);
}

void FreeText(void* /*parent*/, void* held, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
              void* /*argp*/) {
  delete static_cast<std::string*>(held);
}
// NOLINTEND(google-runtime-int)

// Where a context keeps the credentials that it was made of.
int CredentialsIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeCredentials);
  return index;
}

// Where a session keeps why the peer's certificate was not accepted.
int WhyIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeText);
  return index;
}

const Credentials& CredentialsOf(SSL_CTX* context) {
  return **static_cast<CredentialsPtr*>(SSL_CTX_get_ex_data(context, CredentialsIndex()));
}

void SetWhy(SSL* session, std::string why) {
  auto* const kept = static_cast<std::string*>(SSL_get_ex_data(session, WhyIndex()));
  if (kept != nullptr) {
    *kept = std::move(why);
  } else {
    SSL_set_ex_data(session, WhyIndex(), new std::string(std::move(why)));
  }
}

// Says of the certificate that a client has shown whom it names, accepted or not.
std::string NameOf(X509_STORE_CTX* context) {
  const X509* const certificate = X509_STORE_CTX_get0_cert(context);
  if (certificate == nullptr) return "its certificate";
  const absl::StatusOr<identity::SpiffeId> id = identity::IdOf(*certificate);
  return StrCat("the certificate of ", id.ok() ? identity::ToUri(*id) : "somebody unknown", " (",
                identity::Describe(*certificate), ")");
}

// Called by OpenSSL for each certificate of a chain, at the end for the client's own.
int VerifyPeer(int preverified, X509_STORE_CTX* context) {
  auto* const session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (identity::Trust::Correct(preverified, context) != 1) {
    const int error = X509_STORE_CTX_get_error(context);
    SetWhy(session,
           StrCat(NameOf(context), " is not accepted: ", X509_verify_cert_error_string(error)));
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(context) > 0) return 1;
  const identity::Trust& trust = CredentialsOf(SSL_get_SSL_CTX(session)).trust;
  const auto id = trust.IdOf(*X509_STORE_CTX_get_current_cert(context));
  if (id.ok()) return 1;
  SetWhy(session, StrCat(NameOf(context), " ", id.status().message()));
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

// gRPC speaks HTTP/2 alone, and its clients insist that this is said.
int SelectProtocol(SSL* /*session*/, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, out_size, kHttp2.data(), kHttp2.size(),
                                          offered, offered_size);
  *out = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void UseCertificates(const Credentials& credentials, SSL_CTX* context) {
  SSL_CTX_use_certificate(context, credentials.certificates.front().get());
  for (std::size_t i = 1; i < credentials.certificates.size(); ++i) {
    SSL_CTX_add1_chain_cert(context, credentials.certificates[i].get());
  }
  SSL_CTX_use_PrivateKey(context, credentials.key.get());
  SSL_CTX_set1_verify_cert_store(context, credentials.trust.store());
}

// A client that is gone must not end the process: OpenSSL writes to sockets without MSG_NOSIGNAL.
void IgnoreBrokenPipes() {
  static const bool ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  static_cast<void>(ignored);
}

}  // namespace

TlsServer::TlsServer(identity::CredentialFiles& files, Callers callers)
    : files_(files), callers_(callers), context_(NewContext()) {
  IgnoreBrokenPipes();
}

identity::SslContextPtr TlsServer::NewContext() const {
  const CredentialsPtr credentials = files_.credentials();
  assert(!credentials->certificates.empty());
  identity::SslContextPtr made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = made.get();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ex_data(context, CredentialsIndex(), new CredentialsPtr(credentials));
  UseCertificates(*credentials, context);
  const int named = callers_ == Callers::kNamed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | named, VerifyPeer);
  SSL_CTX_set_verify_depth(context, kChainLengthMax);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  // Thousands of connections are idle, and a buffer of one is 16 KiB.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return made;
}

identity::SslPtr TlsServer::NewSession(int fd) const {
  const MutexLock lock(mutex_);
  identity::SslPtr session(SSL_new(context_.get()));
  if (session == nullptr || SSL_set_fd(session.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(session.get());
  return session;
}

absl::StatusOr<TlsPeer> TlsServer::PeerOf(SSL* session) const {
  TlsPeer peer{.generation = generation()};
  X509* const certificate = SSL_get0_peer_certificate(session);
  if (certificate == nullptr) {
    if (callers_ == Callers::kAnybody) return peer;
    return absl::UnauthenticatedError("has no certificate");
  }
  absl::StatusOr<identity::SpiffeId> id =
      files_.credentials()->trust.Check(certificate, SSL_get_peer_cert_chain(session));
  if (!id.ok()) return id.status();
  peer.actor = std::move(id->actor);
  peer.expires_at = identity::ExpiryOf(*certificate);
  return peer;
}

std::string TlsServer::WhyFailed(SSL* session) {
  const auto* const why = static_cast<std::string*>(SSL_get_ex_data(session, WhyIndex()));
  const std::string error = identity::TakeOpenSslError();
  return why != nullptr ? *why : error;
}

void TlsServer::Refresh() {
  const absl::StatusOr<bool> refreshed = files_.Refresh();
  if (!refreshed.ok()) {
    telemetry::LogError(absl::StrCat("TLS goes on with what was read before: ",
                                     telemetry::Describe(refreshed.status())));
    return;
  }
  if (!*refreshed) return;
  identity::SslContextPtr context = NewContext();
  {
    const MutexLock lock(mutex_);
    context_ = std::move(context);
    ++generation_;
  }
  telemetry::LogInfo("certificates, authorities and revocation lists were read anew");
}

std::int64_t TlsServer::generation() const {
  const MutexLock lock(mutex_);
  return generation_;
}

}  // namespace canvass::edge
