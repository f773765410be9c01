#include "common/election/second_operator.h"

#include <optional>
#include <string>
#include <variant>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/checked_ledger.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass::election {
namespace {

constexpr char kAnna[] = "operator/anna";
constexpr char kBoris[] = "operator/boris";

testing::DefinitionBuilder Small(bool two_operators) {
  testing::DefinitionBuilder definition;
  definition.WithStation(testing::MakeStation("s-1", "country"))
      .WithPolicy({.two_operators = two_operators});
  return definition;
}

ReportDecisionRequest Annulment(std::string reason = "stuffed") {
  return {.key = {.election_id = "e-1", .station_id = "s-1", .revision = 1},
          .reason = std::move(reason)};
}

// An election that needs two operators, whose only station has reported in entry 3.
class SecondOperatorTest : public ::testing::Test {
 protected:
  explicit SecondOperatorTest(bool two_operators = true) : ledger_(Small(two_operators)) {
    ledger_.Submit(testing::ReportBuilder().WithStation("s-1").Build());
  }

  Decision Annul(const std::string& actor, const ReportDecisionRequest& request = Annulment()) {
    const auto decision = CheckAnnulment(ledger_.count(), request);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return AskSecondOperator(ledger_.count(), actor, *decision);
  }
  CertificationRequest Certification() const {
    return {.expected_sequence = ledger_.sequence(), .elected_candidate_ids = {"a"}};
  }
  Tally Total() const { return ledger_.count().TallyOfArea(0, 0, 0); }

  testing::CheckedLedger ledger_;
};

class OneOperatorTest : public SecondOperatorTest {
 protected:
  OneOperatorTest() : SecondOperatorTest(/*two_operators=*/false) {}
};

TEST_F(OneOperatorTest, DecidesAlone) {
  const Decision decision = Annul(kAnna);
  EXPECT_FALSE(decision.awaits_second_operator);
  EXPECT_EQ(std::get<ReportAnnulment>(*decision.event).proposed_by, std::nullopt);
}

TEST_F(SecondOperatorTest, OneProposesWithoutEffectAndAnotherConfirms) {
  const Decision proposal = Annul(kAnna);
  EXPECT_TRUE(proposal.awaits_second_operator);
  EXPECT_EQ(std::get<AnnulmentProposal>(*proposal.event).annulment.reason, "stuffed");
  ASSERT_EQ(ledger_.Annul(Annulment(), kAnna).value(), 4);
  EXPECT_EQ(Total().reports, 1);
  EXPECT_EQ(ledger_.count().FindAnnulmentProposal({})->actor, kAnna);

  const Decision confirmed = Annul(kBoris);
  EXPECT_FALSE(confirmed.awaits_second_operator);
  EXPECT_EQ(std::get<ReportAnnulment>(*confirmed.event).proposed_by, kAnna);
  ASSERT_EQ(ledger_.Annul(Annulment(), kBoris).value(), 5);
  EXPECT_EQ(Total().reports, 0);
  EXPECT_EQ(ledger_.count().FindAnnulmentProposal({}), nullptr);
  EXPECT_EQ(ledger_.entries().back().actor, kBoris);
}

TEST_F(SecondOperatorTest, NobodyConfirmsTheOwnProposal) {
  ASSERT_EQ(ledger_.Annul(Annulment(), kAnna).value(), 4);
  const Decision again = Annul(kAnna);
  EXPECT_TRUE(again.awaits_second_operator);
  EXPECT_FALSE(again.event.has_value());
  EXPECT_EQ(again.standing_sequence, 4);
}

// E.g. somebody on the machine while it ran without TLS.
TEST_F(SecondOperatorTest, WhoWasNotAuthenticatedIsNoOperator) {
  ASSERT_EQ(ledger_.Annul(Annulment(), kLocalActor).value(), 4);
  EXPECT_TRUE(Annul(kAnna).awaits_second_operator) << "a proposal of its own";
  EXPECT_FALSE(AreTwoOperators(kAnna, kAnna));
  EXPECT_FALSE(AreTwoOperators(kAnna, "office/country"));
  EXPECT_TRUE(AreTwoOperators(kAnna, kBoris));
}

TEST_F(SecondOperatorTest, OtherContentIsAProposalOfItsOwn) {
  ASSERT_EQ(ledger_.Annul(Annulment(), kAnna).value(), 4);
  ASSERT_EQ(ledger_.Annul(Annulment("counted twice"), kBoris).value(), 5);
  EXPECT_EQ(Total().reports, 1);
  EXPECT_EQ(ledger_.count().FindAnnulmentProposal({})->decision.reason, "counted twice");
  // The first proposal was replaced, so Boris proposes it anew.
  EXPECT_TRUE(Annul(kBoris).awaits_second_operator);
  ASSERT_EQ(ledger_.Annul(Annulment("counted twice"), kAnna).value(), 6);
  EXPECT_EQ(Total().reports, 0);
}

TEST_F(SecondOperatorTest, ResendingAfterwardsHasTheSameAnswer) {
  ledger_.Annul(Annulment(), kAnna).IgnoreError();
  ASSERT_EQ(ledger_.Annul(Annulment(), kBoris).value(), 5);
  for (const char* const actor : {kAnna, kBoris}) {
    const Decision again = Annul(actor);
    EXPECT_EQ(again.standing_sequence, 5);
    EXPECT_FALSE(again.awaits_second_operator);
    EXPECT_FALSE(again.event.has_value());
  }
}

TEST_F(SecondOperatorTest, AProposalIsSpentOnceItTookEffect) {
  ledger_.Annul(Annulment(), kAnna).IgnoreError();
  ASSERT_EQ(ledger_.Annul(Annulment(), kBoris).value(), 5);
  ASSERT_EQ(ledger_.Reinstate(Annulment("court order")).value(), 6);
  EXPECT_TRUE(Annul(kBoris, Annulment("another court")).awaits_second_operator);
}

// The proposal is an entry itself, so the second operator reads the same figures at a later
// sequence.
TEST_F(SecondOperatorTest, TwoCertifyWhatTheyReadOneAfterTheOther) {
  ASSERT_EQ(ledger_.Certify(Certification(), kAnna).value(), 4);
  EXPECT_FALSE(ledger_.count().IsCertified(0, 0));
  ASSERT_EQ(Certification().expected_sequence, 4);
  ASSERT_EQ(ledger_.Certify(Certification(), kBoris).value(), 5);
  EXPECT_TRUE(ledger_.count().IsCertified(0, 0));
  EXPECT_EQ(ledger_.count().FindCertified(0, 0)->certification.proposed_by, kAnna);
  EXPECT_EQ(ledger_.count().FindCertificationProposal(0, 0), nullptr);
}

TEST_F(SecondOperatorTest, FiguresThatMovedMeanwhileAreNotConfirmed) {
  ASSERT_EQ(ledger_.Certify(Certification(), kAnna).value(), 4);
  ledger_.Submit(testing::ReportBuilder()
                     .WithStation("s-1")
                     .WithRevision(2)
                     .WithBalancedVotes({61, 29, 6})
                     .Build());
  ASSERT_EQ(ledger_.Certify(Certification(), kBoris).value(), 6);
  EXPECT_FALSE(ledger_.count().IsCertified(0, 0));
  EXPECT_EQ(ledger_.count().FindCertificationProposal(0, 0)->actor, kBoris);
}

TEST_F(SecondOperatorTest, ReleasesAndReinstatementsNeedOneOperator) {
  ledger_.Annul(Annulment(), kAnna).IgnoreError();
  ledger_.Annul(Annulment(), kBoris).IgnoreError();
  ASSERT_EQ(ledger_.Reinstate(Annulment("court order")).value(), 6);
  EXPECT_EQ(Total().reports, 1);
}

TEST_F(SecondOperatorTest, CannotBeTakenBack) {
  DefinitionChange change{.election = Election{.id = "e-1", .policy = Policy()}, .reason = "r"};
  const ErrorDetail detail = DetailOf(ledger_.Change(change));
  EXPECT_EQ(detail.reason, "TWO_OPERATORS_FIXED");
  EXPECT_EQ(detail.violations.at(0).field, "definition.election.policy.two_operators");
  change.election->policy = std::nullopt;
  change.election->names = {{"en", "Another name"}};
  EXPECT_TRUE(ledger_.Change(change).ok());
  EXPECT_TRUE(ledger_.count().definition().policy().two_operators);
}

// What was sealed is proposed by who sealed it, not by who opens the seal.
TEST(SealedProposalTest, CountsFromTheOpeningAsItsOperators) {
  testing::DefinitionBuilder definition = Small(/*two_operators=*/true);
  definition.WithSource({.id = "poll", .kind = SourceKind::kExitPoll});
  testing::CheckedLedger ledger(definition);
  const std::int64_t seal = ledger.Seal(
      {.actor = kAnna, .event = AnnulmentProposal{{.key = {.source_no = 1}, .revision = 1}}});
  EXPECT_EQ(ledger.count().FindAnnulmentProposal({.source_no = 1}), nullptr);
  ledger.Open(seal);
  ASSERT_NE(ledger.count().FindAnnulmentProposal({.source_no = 1}), nullptr);
  EXPECT_EQ(ledger.count().FindAnnulmentProposal({.source_no = 1})->actor, kAnna);
}

}  // namespace
}  // namespace canvass::election
