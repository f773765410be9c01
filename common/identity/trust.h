#ifndef CANVASS_COMMON_IDENTITY_TRUST_H_
#define CANVASS_COMMON_IDENTITY_TRUST_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/identity/openssl.h"
#include "common/identity/spiffe_id.h"

namespace canvass::identity {

// Which certificates are believed: those of one trust domain that an authority has issued, that are
// valid now and were not revoked. Who has no certificate itself has no trust domain, and believes
// those of every one. Immutable, so thread-safe.
class Trust {
 public:
  // `authorities` are certificates of authorities. If `lists` has any, it must have one of every
  // authority: INVALID_ARGUMENT otherwise. A list that is out of date still counts.
  static absl::StatusOr<Trust> Make(std::string trust_domain,
                                    const std::vector<CertificatePtr>& authorities,
                                    const std::vector<RevocationListPtr>& lists);

  // The same authorities and lists as OpenSSL takes them, for handshakes.
  X509_STORE* store() const { return store_.get(); }

  // What a handshake has to check about each certificate of a chain beside what OpenSSL does. To be
  // called by the callback of SSL_CTX_set_verify with its arguments; returns what it has to return.
  // After 0 the error of `context` says why.
  static int Correct(int preverified, X509_STORE_CTX* context);

  // Returns whom the certificate names if that is in the trust domain; an error that says why not
  // as a clause otherwise. Does not check who issued it.
  absl::StatusOr<SpiffeId> IdOf(const X509& certificate) const;
  // Returns the same after checking everything: who issued it, validity, revocation and name.
  // `chain` are the other certificates that the peer sent; null for none.
  absl::StatusOr<SpiffeId> Check(X509* certificate, STACK_OF(X509) * chain) const;
  // The same for a chain that begins with the certificate. REQUIRES: !chain.empty().
  absl::StatusOr<SpiffeId> Check(const std::vector<CertificatePtr>& chain) const;

 private:
  Trust(std::string trust_domain, StorePtr store)
      : trust_domain_(std::move(trust_domain)), store_(std::move(store)) {}

  std::string trust_domain_;
  StorePtr store_;
};

}  // namespace canvass::identity

#endif  // CANVASS_COMMON_IDENTITY_TRUST_H_
