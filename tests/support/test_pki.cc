#include "tests/support/test_pki.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace canvass::testing {
namespace {

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <typename T>
T ValueOf(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  return *std::move(value);
}

}  // namespace

void ReplaceFile(const std::string& path, const std::string& text) {
  const std::string draft = path + ".draft";
  std::ofstream(draft, std::ios::binary) << text;
  ASSERT_EQ(std::rename(draft.c_str(), path.c_str()), 0) << path;
}

TestPki::TestPki(const std::string& trust_domain, absl::Duration valid_for)
    : issuer_(ValueOf(identity::Issuer::Create(trust_domain, absl::Now() - valid_for,
                                               absl::Now() + valid_for))) {
  ReplaceFile(PathOf("authority.pem"), issuer_.authority().certificate);
  Revoke({});
}

identity::TlsFiles TestPki::Files(const std::string& identity) const {
  return FilesOfUri(absl::StrCat("spiffe://", trust_domain(), "/", identity));
}

identity::TlsFiles TestPki::FilesOfUri(const std::string& uri, absl::Duration valid_from,
                                       absl::Duration valid_until) const {
  const absl::Time now = absl::Now();
  const identity::IssuedCertificate issued =
      ValueOf(issuer_.Issue(uri, {.hosts = {"localhost", "127.0.0.1"},
                                  .not_before = now + valid_from,
                                  .not_after = now + valid_until,
                                  .is_service = true}));
  const std::string file = PathOf(absl::StrCat("issued-", ++issued_, ".pem"));
  ReplaceFile(file, issued.certificate + issued.key);
  identity::TlsFiles files = Anonymous();
  files.certificate = file;
  files.key = file;
  return files;
}

identity::TlsFiles TestPki::Anonymous() const {
  return {.authorities = PathOf("authority.pem"), .revocations = PathOf("revocations.pem")};
}

void TestPki::Revoke(const std::vector<identity::TlsFiles>& files) const {
  std::vector<std::string> certificates;
  for (const identity::TlsFiles& each : files) certificates.push_back(ReadWhole(each.certificate));
  const absl::Time now = absl::Now();
  ReplaceFile(PathOf("revocations.pem"),
              ValueOf(issuer_.Revoke(certificates, now, now + absl::Hours(24))));
}

}  // namespace canvass::testing
