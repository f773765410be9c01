#ifndef CANVASS_COMMON_IDENTITY_ISSUER_H_
#define CANVASS_COMMON_IDENTITY_ISSUER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/identity/certificate.h"
#include "common/identity/openssl.h"
#include "common/identity/spiffe_id.h"

namespace canvass::identity {

// A certificate and its private key, both in PEM.
struct IssuedCertificate {
  std::string certificate{};
  std::string key{};
};

// What a certificate says beside whom it names.
struct CertificateRequest {
  std::vector<std::string> hosts{};  // DNS names and IP addresses at which a service is called
  absl::Time not_before{};
  absl::Time not_after{};
  bool is_service = false;  // may also answer calls, not only make them
};

// An authority for tests and rehearsals, whose key is an unprotected file. A real election office
// keeps the key of its authority elsewhere. Keys are of ECDSA P-256. Not thread-safe.
class Issuer {
 public:
  // Makes a new authority, whose certificate is called "Canvass rehearsal authority of DOMAIN".
  // REQUIRES: IsValidTrustDomain(trust_domain).
  static absl::StatusOr<Issuer> Create(std::string trust_domain, absl::Time not_before,
                                       absl::Time not_after);
  // Takes an authority that Create has made.
  static absl::StatusOr<Issuer> Open(const IssuedCertificate& authority);

  const std::string& trust_domain() const { return trust_domain_; }
  // The authority's own certificate and key.
  const IssuedCertificate& authority() const { return authority_; }

  // Issues a certificate for the URI name `uri`, whatever that is.
  absl::StatusOr<IssuedCertificate> Issue(const std::string& uri,
                                          const CertificateRequest& request) const;

  // Returns a revocation list in PEM of the certificates given, in PEM.
  absl::StatusOr<std::string> Revoke(const std::vector<std::string>& certificates, absl::Time now,
                                     absl::Time next_update) const;

 private:
  Issuer(std::string trust_domain, IssuedCertificate authority, CertificatePtr certificate,
         KeyPtr key)
      : trust_domain_(std::move(trust_domain)),
        authority_(std::move(authority)),
        certificate_(std::move(certificate)),
        key_(std::move(key)) {}

  std::string trust_domain_;
  IssuedCertificate authority_;
  CertificatePtr certificate_;
  KeyPtr key_;
};

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_ISSUER_H_
