#ifndef CANVASS_COMMON_IDENTITY_CERTIFICATE_H_
#define CANVASS_COMMON_IDENTITY_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/identity/openssl.h"
#include "common/identity/spiffe_id.h"

// What PEM texts hold. Every error says what is wrong as a clause, e.g. "has no certificate"; the
// caller knows the file.
namespace canvass::identity {

// Returns the certificates of `pem` in order, at least one.
absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(std::string_view pem);
// Returns the private key, which must not be encrypted.
absl::StatusOr<KeyPtr> ReadKey(std::string_view pem);
// Returns the revocation lists of `pem`, at least one.
absl::StatusOr<std::vector<RevocationListPtr>> ReadRevocationLists(std::string_view pem);

// Returns whom the certificate names: it must have exactly one URI among its subject's alternative
// names. Names elsewhere, such as the common name, say nothing.
absl::StatusOr<SpiffeId> IdOf(const X509& certificate);

// The last moment at which the certificate is valid; the past if it cannot be read.
absl::Time ExpiryOf(const X509& certificate);

// Returns who issued it and its serial number, for people.
std::string Describe(const X509& certificate);

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_CERTIFICATE_H_
