#ifndef CANVASS_TESTS_SUPPORT_TEST_PKI_H_
#define CANVASS_TESTS_SUPPORT_TEST_PKI_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/identity/credentials.h"
#include "common/identity/issuer.h"
#include "tests/support/temporary_folder.h"

namespace canvass::testing {

// An authority and what it issues, as files in a folder that goes with it.
class TestPki {
 public:
  // The authority's certificate is valid from `valid_for` ago and for so long.
  explicit TestPki(const std::string& trust_domain = "canvass.test",
                   absl::Duration valid_for = absl::Hours(24));

  const std::string& trust_domain() const { return issuer_.trust_domain(); }
  const identity::Issuer& issuer() const { return issuer_; }

  // Issues a certificate for "role/name" and returns its files, with those of this authority.
  identity::TlsFiles Files(const std::string& identity) const;
  // The same for any URI name and time.
  identity::TlsFiles FilesOfUri(const std::string& uri,
                                absl::Duration valid_from = -absl::Minutes(5),
                                absl::Duration valid_until = absl::Hours(1)) const;
  // The files of somebody without a certificate.
  identity::TlsFiles Anonymous() const;

  // Writes a revocation list of the certificates in these files, for all Files of this authority.
  void Revoke(const std::vector<identity::TlsFiles>& files) const;

  std::string PathOf(const std::string& name) const { return folder_.path() + "/" + name; }

 private:
  TemporaryFolder folder_;
  identity::Issuer issuer_;
  mutable int issued_ = 0;
};

// Replaces the file at once, as a tool that renews certificates does.
void ReplaceFile(const std::string& path, const std::string& text);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_TEST_PKI_H_
