#ifndef CANVASS_COMMON_EDGE_TLS_SERVER_H_
#define CANVASS_COMMON_EDGE_TLS_SERVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/election/actor.h"
#include "common/identity/credentials.h"
#include "common/identity/openssl.h"

namespace canvass::edge {

// Whom a server talks to.
enum class Callers : std::uint8_t {
  kNamed,    // only those with a certificate
  kAnybody,  // those without one, too; a certificate that is not accepted ends the connection
};

// Who is at the other end of a connection.
struct TlsPeer {
  std::optional<election::Actor> actor{};          // absent without a certificate
  absl::Time expires_at = absl::InfiniteFuture();  // when the certificate does
  std::int64_t generation = 0;                     // of the credentials that it was checked with
};

// The server's side of TLS 1.3, as certificates, keys and revocation lists are in files now.
// Sessions are not resumed: a certificate that was revoked would stay good. Thread-safe.
class TlsServer {
 public:
  // `files` must have a certificate, and outlive this.
  TlsServer(identity::CredentialFiles& files, Callers callers);

  // Returns a session over a connected socket, which the caller keeps; SSL_accept begins it.
  identity::SslPtr NewSession(int fd) const;
  // Returns who is at the other end. REQUIRES: the handshake is over.
  absl::StatusOr<TlsPeer> PeerOf(SSL* session) const;
  // Returns why the last handshake of the session failed, as a clause.
  static std::string WhyFailed(SSL* session);

  // Reads the files again if they changed, and logs that. Sessions that have begun go on.
  void Refresh();
  // Grows with each change. Who was checked with another one must be checked again (PeerOf).
  std::int64_t generation() const;

 private:
  identity::SslContextPtr NewContext() const;

  identity::CredentialFiles& files_;
  const Callers callers_;
  mutable Mutex mutex_;
  identity::SslContextPtr context_ ABSL_GUARDED_BY(mutex_);
  std::int64_t generation_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace canvass::edge

#endif  // CANVASS_COMMON_EDGE_TLS_SERVER_H_
