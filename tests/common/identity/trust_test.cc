#include "common/identity/trust.h"

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/identity/certificate.h"
#include "common/identity/issuer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::identity {
namespace {

using ::testing::HasSubstr;

constexpr char kDomain[] = "canvass.test";

Issuer NewIssuer(const std::string& domain = kDomain) {
  auto issuer = Issuer::Create(domain, absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(1));
  EXPECT_TRUE(issuer.ok()) << issuer.status();
  return *std::move(issuer);
}

class TrustTest : public ::testing::Test {
 protected:
  std::string Issue(const std::string& uri, absl::Duration from = -absl::Minutes(1),
                    absl::Duration until = absl::Minutes(1)) {
    const auto issued =
        issuer_.Issue(uri, {.not_before = absl::Now() + from, .not_after = absl::Now() + until});
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued->certificate;
  }

  Trust Make(const std::string& lists = "", const std::string& domain = kDomain) {
    const auto authorities = ReadCertificates(issuer_.authority().certificate);
    std::vector<RevocationListPtr> read;
    if (!lists.empty()) read = *ReadRevocationLists(lists);
    auto trust = Trust::Make(domain, *authorities, read);
    EXPECT_TRUE(trust.ok()) << trust.status();
    return *std::move(trust);
  }

  static std::string Check(const Trust& trust, const std::string& pem) {
    const auto chain = ReadCertificates(pem);
    EXPECT_TRUE(chain.ok()) << chain.status();
    const auto id = trust.Check(*chain);
    return id.ok() ? ToUri(*id) : std::string(id.status().message());
  }

  Issuer issuer_ = NewIssuer();
};

TEST_F(TrustTest, BelievesWhatAnAuthorityHasIssued) {
  EXPECT_EQ(Check(Make(), Issue("spiffe://canvass.test/station/125-7")),
            "spiffe://canvass.test/station/125-7");
}

TEST_F(TrustTest, DoesNotBelieveAnotherAuthorityOfTheSameName) {
  const Issuer other = NewIssuer();
  const auto issued = other.Issue(
      "spiffe://canvass.test/operator/anna",
      {.not_before = absl::Now() - absl::Hours(1), .not_after = absl::Now() + absl::Hours(1)});
  EXPECT_THAT(Check(Make(), issued->certificate), HasSubstr("is not accepted"));
}

// A station must not issue certificates for operators.
TEST_F(TrustTest, DoesNotBelieveACertificateThatACallerHasIssued) {
  const auto station = issuer_.Issue(
      "spiffe://canvass.test/station/1",
      {.not_before = absl::Now() - absl::Minutes(1), .not_after = absl::Now() + absl::Hours(1)});
  const auto key = ReadKey(station->key);
  const auto certificates = ReadCertificates(station->certificate);
  const CertificatePtr forged(
      X509_dup(ReadCertificates(Issue("spiffe://canvass.test/operator/anna"))->front().get()));
  X509_set_issuer_name(forged.get(), X509_get_subject_name(certificates->front().get()));
  X509_sign(forged.get(), key->get(), EVP_sha256());
  std::vector<CertificatePtr> chain;
  chain.emplace_back(X509_dup(forged.get()));
  chain.emplace_back(X509_dup(certificates->front().get()));
  EXPECT_FALSE(Make().Check(chain).ok());
}

TEST_F(TrustTest, TakesOnlyTheTimeInWhichACertificateIsValid) {
  EXPECT_THAT(
      Check(Make(), Issue("spiffe://canvass.test/station/1", -absl::Hours(1), -absl::Seconds(1))),
      HasSubstr("certificate has expired"));
  EXPECT_THAT(
      Check(Make(), Issue("spiffe://canvass.test/station/1", absl::Minutes(1), absl::Hours(1))),
      HasSubstr("certificate is not yet valid"));
}

TEST_F(TrustTest, TakesNamesOfTheTrustDomainAlone) {
  EXPECT_EQ(Check(Make(), Issue("spiffe://other.test/station/1")),
            "names spiffe://other.test/station/1, but the trust domain here is canvass.test");
  EXPECT_EQ(Check(Make("", ""), Issue("spiffe://other.test/service/publisher")),
            "spiffe://other.test/service/publisher");
  EXPECT_THAT(Check(Make(), Issue("https://canvass.test/station/1")),
              HasSubstr("has a URI name that is wrong"));
}

TEST_F(TrustTest, DoesNotTakeWhatWasRevoked) {
  const std::string revoked = Issue("spiffe://canvass.test/station/1");
  const std::string other = Issue("spiffe://canvass.test/station/2");
  const auto list =
      issuer_.Revoke({revoked}, absl::Now() - absl::Minutes(1), absl::Now() + absl::Hours(1));
  ASSERT_TRUE(list.ok()) << list.status();
  const Trust trust = Make(*list);
  EXPECT_THAT(Check(trust, revoked), HasSubstr("certificate revoked"));
  EXPECT_EQ(Check(trust, other), "spiffe://canvass.test/station/2");
}

TEST_F(TrustTest, AListThatNobodyRenewedStillCounts) {
  const std::string revoked = Issue("spiffe://canvass.test/station/1");
  const auto list =
      issuer_.Revoke({revoked}, absl::Now() - absl::Hours(2), absl::Now() - absl::Hours(1));
  const Trust trust = Make(*list);
  EXPECT_THAT(Check(trust, revoked), HasSubstr("certificate revoked"));
  EXPECT_EQ(Check(trust, Issue("spiffe://canvass.test/station/2")),
            "spiffe://canvass.test/station/2");
}

TEST_F(TrustTest, NeedsAListOfEachAuthorityOrNone) {
  const Issuer other = NewIssuer("other.test");
  const auto list = other.Revoke({}, absl::Now(), absl::Now() + absl::Hours(1));
  const auto authorities = ReadCertificates(issuer_.authority().certificate);
  const auto trust = Trust::Make(kDomain, *authorities, *ReadRevocationLists(*list));
  ASSERT_FALSE(trust.ok());
  EXPECT_THAT(std::string(trust.status().message()),
              HasSubstr("has no revocation list of the authority"));
}

}  // namespace
}  // namespace canvass::identity
