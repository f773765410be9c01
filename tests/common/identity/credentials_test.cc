#include "common/identity/credentials.h"

#include <fstream>
#include <string>

#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/program_run.h"
#include "tests/support/test_pki.h"

namespace canvass::identity {
namespace {

using canvass::testing::ReplaceFile;
using canvass::testing::TestPki;
using ::testing::HasSubstr;

class CredentialsTest : public ::testing::Test {
 protected:
  // Returns the message of the error, which names the file.
  static std::string ErrorOf(const TlsFiles& files, const std::string& file) {
    const auto read = Credentials::Read(files);
    EXPECT_FALSE(read.ok());
    EXPECT_TRUE(HasReason(read.status(), reason::kTlsFileUnusable)) << read.status();
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(file));
    return std::string(read.status().message());
  }

  TestPki pki_;
  TlsFiles files_ = pki_.Files("service/reporter");
};

TEST_F(CredentialsTest, SayWhoTheProcessIs) {
  const auto read = Credentials::Read(files_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToUri((*read)->id), "spiffe://canvass.test/service/reporter");
  EXPECT_EQ((*read)->certificates.size(), 1U);
}

TEST_F(CredentialsTest, ExpireWithTheirCertificate) {
  const absl::Time now = absl::Now();
  const auto read = Credentials::Read(
      pki_.FilesOfUri("spiffe://canvass.test/service/reporter", -absl::Hours(1), absl::Hours(3)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_GT((*read)->expires_at(), now + absl::Hours(3) - absl::Minutes(1));
  EXPECT_LT((*read)->expires_at(), now + absl::Hours(3) + absl::Minutes(1));
  const auto anonymous = Credentials::Read(pki_.Anonymous());
  ASSERT_TRUE(anonymous.ok()) << anonymous.status();
  EXPECT_EQ((*anonymous)->expires_at(), absl::InfiniteFuture());
}

TEST_F(CredentialsTest, WithoutACertificateAreThoseOfSomebodyWhoReads) {
  const auto read = Credentials::Read(pki_.Anonymous());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE((*read)->certificates.empty());
}

TEST_F(CredentialsTest, NameTheFileThatCannotBeUsedAndWhy) {
  TlsFiles files = files_;
  files.certificate = "/does/not/exist";
  EXPECT_THAT(ErrorOf(files, "/does/not/exist"), HasSubstr("cannot be read"));

  files = files_;
  files.key = pki_.Files("service/reporter").key;
  EXPECT_THAT(ErrorOf(files, files.key), HasSubstr("is not the key of the certificate in"));

  files = files_;
  files.certificate = pki_.PathOf("text.pem");
  ReplaceFile(files.certificate, "no certificate\n");
  EXPECT_THAT(ErrorOf(files, files.certificate), HasSubstr("has no certificate in PEM"));

  ReplaceFile(files.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(ErrorOf(files, files.certificate), HasSubstr("has a damaged certificate"));

  files = files_;
  files.key = pki_.PathOf("authority.pem");
  EXPECT_THAT(ErrorOf(files, files.key), HasSubstr("has no private key in PEM"));

  files = files_;
  files.revocations = pki_.PathOf("authority.pem");
  EXPECT_THAT(ErrorOf(files, files.revocations), HasSubstr("has no revocation list in PEM"));

  EXPECT_THAT(ErrorOf(pki_.FilesOfUri("https://example.org/reporter"), "issued-"),
              HasSubstr("has a URI name that is wrong"));
}

TEST_F(CredentialsTest, AreReadAnewWhenAFileChanges) {
  const auto opened = CredentialFiles::Open(files_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  CredentialFiles& credentials = **opened;
  EXPECT_EQ(*credentials.Refresh(), false);

  std::ifstream renewed(pki_.Files("service/publisher").certificate);
  ReplaceFile(files_.certificate, {std::istreambuf_iterator<char>(renewed), {}});
  EXPECT_EQ(*credentials.Refresh(), true);
  EXPECT_EQ(ToUri(credentials.credentials()->id), "spiffe://canvass.test/service/publisher");
  EXPECT_EQ(*credentials.Refresh(), false);

  pki_.Revoke({files_});
  EXPECT_EQ(*credentials.Refresh(), true);
}

TEST_F(CredentialsTest, GoOnWithWhatWasReadWhenAChangeCannotBeUsed) {
  const auto opened = CredentialFiles::Open(files_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ReplaceFile(files_.certificate, "half a certif");
  EXPECT_TRUE(HasReason((*opened)->Refresh().status(), reason::kTlsFileUnusable));
  EXPECT_EQ(*(*opened)->Refresh(), false);  // said once
  EXPECT_EQ(ToUri((*opened)->credentials()->id), "spiffe://canvass.test/service/reporter");
}

// The judgement of another program than ours about what Issuer makes.
TEST_F(CredentialsTest, OpensslAcceptsWhatIsIssued) {
  const auto verified = canvass::testing::RunProgram(
      {"openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", files_.revocations, "-CAfile",
       files_.authorities, files_.certificate});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  pki_.Revoke({files_});
  const auto revoked = canvass::testing::RunProgram({"openssl", "verify", "-crl_check", "-CRLfile",
                                                     files_.revocations, "-CAfile",
                                                     files_.authorities, files_.certificate});
  EXPECT_NE(revoked.exit_code, 0);
  EXPECT_THAT(revoked.err, HasSubstr("certificate revoked"));
}

}  // namespace
}  // namespace canvass::identity
