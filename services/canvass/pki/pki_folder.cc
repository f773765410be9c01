#include "services/canvass/pki/pki_folder.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/identity/certificate.h"
#include "common/identity/spiffe_id.h"

namespace canvass::cli {
namespace {

constexpr char kAuthority[] = "authority.pem";
constexpr char kAuthorityKey[] = "authority-key.pem";
constexpr char kRevocations[] = "revocations.pem";
constexpr char kRevoked[] = "revoked";
constexpr char kDefaultTrustDomain[] = "canvass.example";
constexpr std::size_t kPemBytesMax = std::size_t{64} << 10U;
// Clocks of other machines may be behind.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);
// A list that is out of date still counts; nobody renews that of a rehearsal.
constexpr absl::Duration kListValidFor = absl::Hours(24 * 365);

absl::Status Unusable(const std::string& file, absl::string_view why) {
  return MakeError(reason::kTlsFileUnusable, StrCat("The file ", file, " ", why),
                   {.metadata = {{"file", file}}});
}

absl::StatusOr<identity::Issuer> NewIssuer(const process::Folder& folder, const PkiOptions& options,
                                           absl::Time now) {
  const std::string domain =
      options.trust_domain.empty() ? kDefaultTrustDomain : options.trust_domain;
  if (!identity::IsValidTrustDomain(domain)) {
    return MakeError(reason::kUsage,
                     StrCat("\"", domain, "\" is no trust domain, such as az-2024.example"));
  }
  absl::StatusOr<identity::Issuer> issuer =
      identity::Issuer::Create(domain, now - kClockTolerance, now + options.valid_for);
  if (!issuer.ok()) return issuer;
  absl::Status written = folder.Write(kAuthorityKey, issuer->authority().key);
  if (written.ok()) written = folder.Write(kAuthority, issuer->authority().certificate);
  if (!written.ok()) return written;
  return issuer;
}

absl::StatusOr<identity::Issuer> OpenIssuer(const process::Folder& folder,
                                            const PkiOptions& options) {
  absl::StatusOr<std::string> certificate = folder.Read(kAuthority, kPemBytesMax);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = folder.Read(kAuthorityKey, kPemBytesMax);
  if (!key.ok()) return key.status();
  absl::StatusOr<identity::Issuer> issuer =
      identity::Issuer::Open({.certificate = *std::move(certificate), .key = *std::move(key)});
  if (!issuer.ok()) return Unusable(folder.PathOf(kAuthority), issuer.status().message());
  if (options.trust_domain.empty() || options.trust_domain == issuer->trust_domain()) return issuer;
  return MakeError(reason::kUsage,
                   StrCat("The authority in ", folder.path(), " is of ", issuer->trust_domain(),
                          ", not of ", options.trust_domain));
}

bool IsGood(const std::string& pem, const std::string& uri, absl::Time until) {
  const auto certificates = identity::ReadCertificates(pem);
  if (!certificates.ok()) return false;
  const absl::StatusOr<identity::SpiffeId> id = identity::IdOf(*certificates->front());
  return id.ok() && identity::ToUri(*id) == uri &&
         identity::ExpiryOf(*certificates->front()) > until;
}

std::string FileName(const election::Actor& actor) { return StrCat(actor.name, ".pem"); }

}  // namespace

absl::StatusOr<PkiFolder> PkiFolder::Open(PkiOptions options, absl::Time now) {
  absl::StatusOr<process::Folder> folder = process::Folder::MakePrivate(options.folder);
  if (!folder.ok()) return folder.status();
  const bool is_new = !folder->Has(kAuthority);
  absl::StatusOr<identity::Issuer> issuer =
      is_new ? NewIssuer(*folder, options, now) : OpenIssuer(*folder, options);
  if (!issuer.ok()) return issuer.status();
  PkiFolder opened(std::move(options), now, *std::move(folder), *std::move(issuer));
  if (!opened.folder_.Has(kRevocations)) {
    const absl::Status written = opened.WriteRevocations();
    if (!written.ok()) return written;
  }
  return opened;
}

PkiFolder::PkiFolder(PkiOptions options, absl::Time now, process::Folder folder,
                     identity::Issuer issuer)
    : options_(std::move(options)),
      now_(now),
      folder_(std::move(folder)),
      issuer_(std::move(issuer)) {}

absl::StatusOr<const process::Folder*> PkiFolder::FolderOf(const std::string& name) {
  const auto found = folders_.find(name);
  if (found != folders_.end()) return &found->second;
  absl::StatusOr<process::Folder> made = process::Folder::MakePrivate(folder_.PathOf(name));
  if (!made.ok()) return made.status();
  return &folders_.emplace(name, *std::move(made)).first->second;
}

absl::StatusOr<bool> PkiFolder::Issue(const election::Actor& actor) {
  const absl::StatusOr<const process::Folder*> folder =
      FolderOf(std::string(election::RoleName(actor.role)));
  if (!folder.ok()) return folder.status();
  const std::string uri = identity::ToUri({.trust_domain = trust_domain(), .actor = actor});
  const absl::StatusOr<std::string> before = (*folder)->Read(FileName(actor), kPemBytesMax);
  if (!before.ok()) return before.status();
  if (IsGood(*before, uri, now_ + options_.valid_for / 2)) return false;
  const bool is_service = actor.role == election::Role::kService;
  const auto issued =
      issuer_.Issue(uri, {.hosts = is_service ? options_.hosts : std::vector<std::string>(),
                          .not_before = now_ - kClockTolerance,
                          .not_after = now_ + options_.valid_for,
                          .is_service = is_service});
  if (!issued.ok()) return issued.status();
  const absl::Status written = (*folder)->Write(FileName(actor), issued->certificate + issued->key);
  if (!written.ok()) return written;
  return true;
}

absl::Status PkiFolder::Revoke(const election::Actor& actor) {
  const absl::StatusOr<const process::Folder*> folder =
      FolderOf(std::string(election::RoleName(actor.role)));
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<std::string> pem = (*folder)->Read(FileName(actor), kPemBytesMax);
  if (!pem.ok()) return pem.status();
  if (pem->empty()) {
    return absl::NotFoundError(
        StrCat("There is no certificate of ", ToText(actor), " in ", folder_.path()));
  }
  const absl::StatusOr<const process::Folder*> revoked = FolderOf(kRevoked);
  if (!revoked.ok()) return revoked.status();
  int number = 1;
  const auto name = [&actor, &number] {
    return StrCat(election::RoleName(actor.role), "-", actor.name, "-", number, ".pem");
  };
  while ((*revoked)->Has(name())) ++number;
  absl::Status status = (*revoked)->Write(name(), *pem);
  if (status.ok()) status = WriteRevocations();
  return status.ok() ? (*folder)->Remove(FileName(actor)) : status;
}

absl::Status PkiFolder::WriteRevocations() {
  const absl::StatusOr<const process::Folder*> revoked = FolderOf(kRevoked);
  if (!revoked.ok()) return revoked.status();
  std::vector<std::string> certificates;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator((*revoked)->path(), error)) {
    absl::StatusOr<std::string> pem =
        (*revoked)->Read(file.path().filename().string(), kPemBytesMax);
    if (!pem.ok()) return pem.status();
    certificates.push_back(*std::move(pem));
  }
  if (error) return Unusable((*revoked)->path(), error.message());
  const absl::StatusOr<std::string> list = issuer_.Revoke(certificates, now_, now_ + kListValidFor);
  return list.ok() ? folder_.Write(kRevocations, *list) : list.status();
}

identity::TlsFiles PkiFolder::FilesOf(const election::Actor& actor) const {
  const std::string file =
      folder_.PathOf(StrCat(election::RoleName(actor.role), "/", FileName(actor)));
  return {.certificate = file,
          .key = file,
          .authorities = folder_.PathOf(kAuthority),
          .revocations = folder_.PathOf(kRevocations)};
}

}  // namespace canvass::cli
