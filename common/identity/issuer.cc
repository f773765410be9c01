#include "common/identity/issuer.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "common/base/random_bytes.h"
#include "common/base/text.h"

namespace canvass::identity {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using RevokedPtr = std::unique_ptr<X509_REVOKED, FreeWith<X509_REVOKED_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;

constexpr std::string_view kAuthorityName = "Canvass rehearsal authority of ";
constexpr int kVersion3 = 2;      // as X.509 writes it
constexpr int kListVersion2 = 1;  // likewise
constexpr std::size_t kSerialBytes = 16;

absl::Status OpenSslError(std::string_view what) {
  return absl::InternalError(StrCat(what, ": ", TakeOpenSslError()));
}

TimePtr TimeOf(absl::Time time) { return TimePtr(ASN1_TIME_set(nullptr, absl::ToTimeT(time))); }

// Random and positive.
bool SetSerial(X509* certificate) {
  std::array<std::uint8_t, kSerialBytes> bytes = RandomBytes<kSerialBytes>();
  bytes.front() = static_cast<std::uint8_t>(bytes.front() & 0x7fU);
  const NumberPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetCommonName(X509_NAME* name, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                                    0) == 1;
}

// What every certificate has.
bool SetBasics(X509* certificate, EVP_PKEY* key, absl::Time not_before, absl::Time not_after) {
  return X509_set_version(certificate, kVersion3) == 1 && SetSerial(certificate) &&
         X509_set1_notBefore(certificate, TimeOf(not_before).get()) == 1 &&
         X509_set1_notAfter(certificate, TimeOf(not_after).get()) == 1 &&
         X509_set_pubkey(certificate, key) == 1;
}

template <typename Write>
std::string PemOf(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) return "";
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
  return {text, size};
}

IssuedCertificate ToPem(X509* certificate, EVP_PKEY* key) {
  return {.certificate = PemOf([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }),
          .key = PemOf([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

bool IsIpAddress(const std::string& host) {
  const std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>> address(
      a2i_IPADDRESS(host.c_str()));
  return address != nullptr;
}

// OpenSSL takes the names as one text, which no name may continue.
bool HasSeparator(const std::string& name) {
  return name.find_first_of(",; \t\r\n") != std::string::npos;
}

std::string AlternativeNames(const std::string& uri, const std::vector<std::string>& hosts) {
  std::vector<std::string> names = {StrCat("URI:", uri)};
  for (const std::string& host : hosts) {
    names.push_back(StrCat(IsIpAddress(host) ? "IP:" : "DNS:", host));
  }
  return absl::StrJoin(names, ",");
}

bool AddRevoked(X509_CRL* list, const X509& certificate, absl::Time now) {
  RevokedPtr revoked(X509_REVOKED_new());
  const bool is_set =
      revoked != nullptr &&
      X509_REVOKED_set_serialNumber(
          revoked.get(), const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(&certificate))) == 1 &&
      X509_REVOKED_set_revocationDate(revoked.get(), TimeOf(now).get()) == 1;
  return is_set && X509_CRL_add0_revoked(list, revoked.release()) == 1;
}

}  // namespace

absl::StatusOr<Issuer> Issuer::Create(std::string trust_domain, absl::Time not_before,
                                      absl::Time not_after) {
  assert(IsValidTrustDomain(trust_domain));
  CertificatePtr certificate(X509_new());
  KeyPtr key(EVP_EC_gen("P-256"));
  X509* const made = certificate.get();
  const bool is_made =
      made != nullptr && key != nullptr && SetBasics(made, key.get(), not_before, not_after) &&
      SetCommonName(X509_get_subject_name(made), StrCat(kAuthorityName, trust_domain)) &&
      X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 &&
      AddExtension(made, made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      AddExtension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      AddExtension(made, made, NID_subject_key_identifier, "hash") &&
      X509_sign(made, key.get(), EVP_sha256()) != 0;
  if (!is_made) return OpenSslError("The authority cannot be made");
  IssuedCertificate authority = ToPem(made, key.get());
  return Issuer(std::move(trust_domain), std::move(authority), std::move(certificate),
                std::move(key));
}

absl::StatusOr<Issuer> Issuer::Open(const IssuedCertificate& authority) {
  auto certificates = ReadCertificates(authority.certificate);
  if (!certificates.ok()) return certificates.status();
  auto key = ReadKey(authority.key);
  if (!key.ok()) return key.status();
  const X509* const certificate = certificates->front().get();
  std::array<char, 512> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  const std::string_view text = name.data();
  const std::string_view domain =
      text.starts_with(kAuthorityName) ? text.substr(kAuthorityName.size()) : "";
  if (!IsValidTrustDomain(domain)) {
    return absl::InvalidArgumentError(
        StrCat("is not the certificate of an authority that `canvass pki` has made: its name is \"",
               text, "\""));
  }
  if (X509_check_private_key(certificate, key->get()) != 1) {
    TakeOpenSslError();
    return absl::InvalidArgumentError("does not belong to the authority's key");
  }
  return Issuer(std::string(domain), authority, std::move(certificates->front()), *std::move(key));
}

absl::StatusOr<IssuedCertificate> Issuer::Issue(const std::string& uri,
                                                const CertificateRequest& request) const {
  for (const std::string& host : request.hosts) {
    if (HasSeparator(host)) {
      return absl::InvalidArgumentError(
          StrCat("\"", host, "\" is neither the name of a host nor an IP address"));
    }
  }
  if (HasSeparator(uri)) return absl::InvalidArgumentError(StrCat("\"", uri, "\" is no URI"));
  const CertificatePtr certificate(X509_new());
  const KeyPtr key(EVP_EC_gen("P-256"));
  X509* const made = certificate.get();
  const bool is_made =
      made != nullptr && key != nullptr &&
      SetBasics(made, key.get(), request.not_before, request.not_after) &&
      X509_set_issuer_name(made, X509_get_subject_name(certificate_.get())) == 1 &&
      AddExtension(made, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(made, certificate_.get(), NID_key_usage, "critical,digitalSignature") &&
      AddExtension(made, certificate_.get(), NID_ext_key_usage,
                   request.is_service ? "serverAuth,clientAuth" : "clientAuth") &&
      AddExtension(made, certificate_.get(), NID_authority_key_identifier, "keyid") &&
      // Critical, because the subject is empty: RFC 5280, 4.2.1.6.
      AddExtension(made, certificate_.get(), NID_subject_alt_name,
                   StrCat("critical,", AlternativeNames(uri, request.hosts))) &&
      X509_sign(made, key_.get(), EVP_sha256()) != 0;
  if (!is_made) return OpenSslError(StrCat("The certificate of ", uri, " cannot be made"));
  return ToPem(made, key.get());
}

absl::StatusOr<std::string> Issuer::Revoke(const std::vector<std::string>& certificates,
                                           absl::Time now, absl::Time next_update) const {
  const RevocationListPtr list(X509_CRL_new());
  X509_CRL* const made = list.get();
  bool is_made = made != nullptr && X509_CRL_set_version(made, kListVersion2) == 1 &&
                 X509_CRL_set_issuer_name(made, X509_get_subject_name(certificate_.get())) == 1 &&
                 X509_CRL_set1_lastUpdate(made, TimeOf(now).get()) == 1 &&
                 X509_CRL_set1_nextUpdate(made, TimeOf(next_update).get()) == 1;
  for (const std::string& pem : certificates) {
    const auto revoked = ReadCertificates(pem);
    if (!revoked.ok()) return revoked.status();
    is_made = is_made && AddRevoked(made, *revoked->front(), now);
  }
  is_made =
      is_made && X509_CRL_sort(made) == 1 && X509_CRL_sign(made, key_.get(), EVP_sha256()) != 0;
  if (!is_made) return OpenSslError("The revocation list cannot be made");
  return PemOf([&](BIO* out) { return PEM_write_bio_X509_CRL(out, made); });
}

}  // namespace canvass::identity
