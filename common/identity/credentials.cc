#include "common/identity/credentials.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::identity {
namespace {

absl::Status Unusable(const std::string& file, std::string_view why) {
  return MakeError(reason::kTlsFileUnusable, StrCat("The TLS file ", file, " ", why),
                   {.metadata = {{"file", file}}});
}

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  const std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return Unusable(file, "cannot be read");
  return text.str();
}

// Returns what `read` makes of the file.
template <typename Read>
auto ReadFrom(const std::string& file, Read read) -> decltype(read(std::string_view())) {
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) return text.status();
  auto result = read(std::string_view(*text));
  if (!result.ok()) return Unusable(file, std::string(result.status().message()));
  return result;
}

absl::StatusOr<Trust> ReadTrust(const TlsFiles& files, const std::string& trust_domain) {
  const auto authorities = ReadFrom(files.authorities, ReadCertificates);
  if (!authorities.ok()) return authorities.status();
  std::vector<RevocationListPtr> lists;
  if (!files.revocations.empty()) {
    auto read = ReadFrom(files.revocations, ReadRevocationLists);
    if (!read.ok()) return read.status();
    lists = *std::move(read);
  }
  absl::StatusOr<Trust> trust = Trust::Make(trust_domain, *authorities, lists);
  if (trust.ok()) return trust;
  return Unusable(lists.empty() ? files.authorities : files.revocations,
                  std::string(trust.status().message()));
}

absl::StatusOr<std::shared_ptr<const Credentials>> ReadAnonymous(const TlsFiles& files) {
  absl::StatusOr<Trust> trust = ReadTrust(files, /*trust_domain=*/"");
  if (!trust.ok()) return trust.status();
  return std::make_shared<const Credentials>(Credentials{.trust = *std::move(trust)});
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Credentials>> Credentials::Read(const TlsFiles& files) {
  if (files.certificate.empty() && files.key.empty()) return ReadAnonymous(files);
  auto certificates = ReadFrom(files.certificate, ReadCertificates);
  if (!certificates.ok()) return certificates.status();
  auto key = ReadFrom(files.key, ReadKey);
  if (!key.ok()) return key.status();
  const X509* const own = certificates->front().get();
  if (X509_check_private_key(own, key->get()) != 1) {
    TakeOpenSslError();
    return Unusable(files.key, StrCat("is not the key of the certificate in ", files.certificate));
  }
  absl::StatusOr<SpiffeId> id = IdOf(*own);
  if (!id.ok()) return Unusable(files.certificate, std::string(id.status().message()));
  absl::StatusOr<Trust> trust = ReadTrust(files, id->trust_domain);
  if (!trust.ok()) return trust.status();
  return std::make_shared<const Credentials>(Credentials{.certificates = *std::move(certificates),
                                                         .key = *std::move(key),
                                                         .id = *std::move(id),
                                                         .trust = *std::move(trust)});
}

absl::Time Credentials::expires_at() const {
  absl::Time first = absl::InfiniteFuture();
  for (const CertificatePtr& certificate : certificates) {
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) continue;
    first = std::min(first, absl::FromTM(end, absl::UTCTimeZone()));
  }
  return first;
}

absl::StatusOr<std::unique_ptr<CredentialFiles>> CredentialFiles::Open(TlsFiles files) {
  Versions versions = VersionsOf(files);  // before reading: a later change is noticed
  auto read = Credentials::Read(files);
  if (!read.ok()) return read.status();
  return std::unique_ptr<CredentialFiles>(
      new CredentialFiles(std::move(files), std::move(versions), *std::move(read)));
}

CredentialFiles::CredentialFiles(TlsFiles files, Versions versions,
                                 std::shared_ptr<const Credentials> read)
    : files_(std::move(files)), versions_(std::move(versions)), credentials_(std::move(read)) {}

std::shared_ptr<const Credentials> CredentialFiles::credentials() const {
  const MutexLock lock(mutex_);
  return credentials_;
}

absl::StatusOr<bool> CredentialFiles::Refresh() {
  Versions versions = VersionsOf(files_);
  {
    const MutexLock lock(mutex_);
    if (versions == versions_) return false;
    versions_ = std::move(versions);
  }
  auto read = Credentials::Read(files_);
  if (!read.ok()) return read.status();
  const MutexLock lock(mutex_);
  credentials_ = *std::move(read);
  return true;
}

// Follows links, so that a mounted secret whose folder is exchanged counts as changed.
CredentialFiles::Versions CredentialFiles::VersionsOf(const TlsFiles& files) {
  Versions versions;
  for (const std::string* const file :
       {&files.certificate, &files.key, &files.authorities, &files.revocations}) {
    struct stat found {};
    if (stat(file->c_str(), &found) != 0) found = {};
    versions.push_back(StrCat(found.st_dev, " ", found.st_ino, " ", found.st_size, " ",
                              found.st_mtim.tv_sec, " ", found.st_mtim.tv_nsec));
  }
  return versions;
}

}  // namespace canvass::identity
