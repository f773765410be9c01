#include "common/identity/trust.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/text.h"
#include "common/identity/certificate.h"

namespace canvass::identity {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

// Does not own the certificates.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

bool HasListOf(const X509& authority, const std::vector<RevocationListPtr>& lists) {
  return std::any_of(lists.begin(), lists.end(), [&authority](const RevocationListPtr& list) {
    return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(&authority)) == 0;
  });
}

}  // namespace

absl::StatusOr<Trust> Trust::Make(std::string trust_domain,
                                  const std::vector<CertificatePtr>& authorities,
                                  const std::vector<RevocationListPtr>& lists) {
  StorePtr store(X509_STORE_new());
  for (const CertificatePtr& authority : authorities) {
    if (X509_STORE_add_cert(store.get(), authority.get()) != 1) {
      return absl::InvalidArgumentError(
          StrCat("has an authority that cannot be used: ", TakeOpenSslError()));
    }
    if (!lists.empty() && !HasListOf(*authority, lists)) {
      return absl::InvalidArgumentError(
          StrCat("has no revocation list of the authority with ", Describe(*authority)));
    }
  }
  for (const RevocationListPtr& list : lists) {
    if (X509_STORE_add_crl(store.get(), list.get()) != 1) {
      return absl::InvalidArgumentError(
          StrCat("has a revocation list that cannot be used: ", TakeOpenSslError()));
    }
  }
  if (!lists.empty()) X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
  return Trust(std::move(trust_domain), std::move(store));
}

// A list that nobody renewed in time must not lock out every station on the night; it still says
// who was revoked.
int Trust::Correct(int preverified, X509_STORE_CTX* context) {
  if (preverified == 1) return 1;
  if (X509_STORE_CTX_get_error(context) != X509_V_ERR_CRL_HAS_EXPIRED) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

absl::StatusOr<SpiffeId> Trust::IdOf(const X509& certificate) const {
  absl::StatusOr<SpiffeId> id = identity::IdOf(certificate);
  if (!id.ok() || trust_domain_.empty() || id->trust_domain == trust_domain_) return id;
  return absl::InvalidArgumentError(
      StrCat("names ", ToUri(*id), ", but the trust domain here is ", trust_domain_));
}

absl::StatusOr<SpiffeId> Trust::Check(X509* certificate, STACK_OF(X509) * chain) const {
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store_.get(), certificate, chain) != 1) {
    return absl::InternalError(TakeOpenSslError());
  }
  X509_STORE_CTX_set_verify_cb(context.get(), Correct);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    return absl::InvalidArgumentError(
        StrCat("is not accepted: ", X509_verify_cert_error_string(error)));
  }
  return IdOf(*certificate);
}

absl::StatusOr<SpiffeId> Trust::Check(const std::vector<CertificatePtr>& chain) const {
  const StackPtr others(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
  return Check(chain.front().get(), others.get());
}

}  // namespace canvass::identity
