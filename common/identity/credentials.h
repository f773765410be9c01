#ifndef CANVASS_COMMON_IDENTITY_CREDENTIALS_H_
#define CANVASS_COMMON_IDENTITY_CREDENTIALS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/identity/certificate.h"
#include "common/identity/openssl.h"
#include "common/identity/spiffe_id.h"
#include "common/identity/trust.h"

namespace canvass::identity {

// Files in PEM by which a process says who it is, and knows who the others are. A client that only
// reads what is public needs no certificate and no key.
struct TlsFiles {
  std::string certificate{};  // its own, then those between it and the authority
  std::string key{};          // of its own certificate
  std::string authorities{};  // whose certificates are believed
  std::string revocations{};  // revocation lists of all authorities; empty for none

  bool operator==(const TlsFiles&) const = default;
};

// What the files held when they were read. Immutable, so thread-safe.
struct Credentials {
  std::vector<CertificatePtr> certificates{};  // the first is the own one; none if anonymous
  KeyPtr key{};
  SpiffeId id{};  // that the own certificate names; empty if anonymous
  Trust trust;

  // Returns FAILED_PRECONDITION TLS_FILE_UNUSABLE with the file and what is wrong with it.
  static absl::StatusOr<std::shared_ptr<const Credentials>> Read(const TlsFiles& files);

  // Returns when the own certificate or one above it expires, whichever is first; the future if
  // anonymous.
  absl::Time expires_at() const;
};

// The credentials of a process, which are read anew when a file changes. Thread-safe.
class CredentialFiles {
 public:
  // Returns the errors of Credentials::Read.
  static absl::StatusOr<std::unique_ptr<CredentialFiles>> Open(TlsFiles files);

  const TlsFiles& files() const { return files_; }
  std::shared_ptr<const Credentials> credentials() const;
  // Reads the files again if one of them changed. Returns whether the credentials are new. Returns
  // the error of Credentials::Read once for each change that cannot be used; what was read before
  // goes on.
  absl::StatusOr<bool> Refresh();

 private:
  // What tells one version of each file from another.
  using Versions = std::vector<std::string>;

  CredentialFiles(TlsFiles files, Versions versions, std::shared_ptr<const Credentials> read);

  static Versions VersionsOf(const TlsFiles& files);

  const TlsFiles files_;
  mutable Mutex mutex_;
  Versions versions_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Credentials> credentials_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_CREDENTIALS_H_
