#include "common/identity/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "common/base/text.h"

namespace canvass::identity {
namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

constexpr std::size_t kPemBytesMax = std::size_t{64} << 20U;

BioPtr OpenPem(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return nullptr;
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// No terminal is asked for the password of an encrypted key.
int NoPassword(char* /*buffer*/, int /*size*/, int /*encrypting*/, void* /*data*/) { return -1; }

// Reads objects until there are no more. An object that begins and cannot be read is an error.
template <typename Pointer, typename Read>
absl::StatusOr<std::vector<Pointer>> ReadAll(std::string_view pem, std::string_view what,
                                             Read read) {
  const BioPtr bio = OpenPem(pem);
  if (bio == nullptr) return absl::InvalidArgumentError("is too large");
  ERR_clear_error();
  std::vector<Pointer> all;
  while (auto* const next = read(bio.get(), nullptr, NoPassword, nullptr)) all.emplace_back(next);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = TakeOpenSslError();
  if (!at_end) return absl::InvalidArgumentError(StrCat("has a damaged ", what, ": ", error));
  if (all.empty()) return absl::InvalidArgumentError(StrCat("has no ", what, " in PEM"));
  return all;
}

std::string TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// What X509's functions take, which change nothing but are not all declared so.
X509* Mutable(const X509& certificate) {
  return const_cast<X509*>(&certificate);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::vector<std::string> UrisOf(const X509& certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> uris;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) uris.push_back(TextOf(name->d.uniformResourceIdentifier));
  }
  return uris;
}

}  // namespace

absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(std::string_view pem) {
  return ReadAll<CertificatePtr>(pem, "certificate", PEM_read_bio_X509);
}

absl::StatusOr<KeyPtr> ReadKey(std::string_view pem) {
  const BioPtr bio = OpenPem(pem);
  if (bio == nullptr) return absl::InvalidArgumentError("is too large");
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key != nullptr) return key;
  TakeOpenSslError();
  return absl::InvalidArgumentError("has no private key in PEM without a password");
}

absl::StatusOr<std::vector<RevocationListPtr>> ReadRevocationLists(std::string_view pem) {
  return ReadAll<RevocationListPtr>(pem, "revocation list", PEM_read_bio_X509_CRL);
}

absl::StatusOr<SpiffeId> IdOf(const X509& certificate) {
  const std::vector<std::string> uris = UrisOf(certificate);
  if (uris.size() != 1) {
    return absl::InvalidArgumentError(
        StrCat("has ", uris.size(), " URI names; it must have one, spiffe://DOMAIN/ROLE/NAME"));
  }
  absl::StatusOr<SpiffeId> id = ParseSpiffeId(uris.front());
  if (id.ok()) return id;
  return absl::InvalidArgumentError(
      StrCat("has a URI name that is wrong: ", id.status().message()));
}

absl::Time ExpiryOf(const X509& certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string Describe(const X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_issuer_name(&certificate), 0, XN_FLAG_RFC2253);
  char* issuer = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &issuer));
  const NumberPtr serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(Mutable(certificate)), nullptr));
  char* const digits = serial == nullptr ? nullptr : BN_bn2hex(serial.get());
  std::string text =
      StrCat("serial number ", digits == nullptr ? "unknown" : digits, ", issued by ",
             absl::CHexEscape(ToAbsl(std::string_view(issuer, size))));
  OPENSSL_free(digits);
  return text;
}

}  // namespace canvass::identity
