#include "common/rpc/ledger_entry_proto.h"

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "common/rpc/station_standing_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/rpc/test_ledger.h"

namespace canvass::rpc {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::LedgerEntry LastEntry(const TestLedger& ledger) {
  return LedgerEntryAt(ledger.get(), ledger.get().sequence());
}

election::ReportRecorded Report(int station_no = 1) {
  return TestLedger::Ballots(TestLedger::kCec, station_no, {5, 4, 3, 2, 1, 0, 0}, 7, 8);
}

constexpr election::StationKey kSecondStation = {.contest_no = 0, .source_no = 0, .station_no = 1};

TEST(LedgerEntryProtoTest, NamesItselfAndItsBytes) {
  TestLedger ledger;
  const v1::LedgerEntry entry = LastEntry(ledger);
  EXPECT_EQ(entry.sequence(), 2);
  EXPECT_EQ(entry.recorded_at().seconds(), TestLedger::kStartSeconds + 2);
  EXPECT_EQ(entry.actor(), "local");
  EXPECT_EQ(entry.seal().parts(), 1);
  EXPECT_THAT(entry.seal().digest(), SizeIs(64));
  EXPECT_EQ(entry.entry(), ledger.get().log().Get(2));
  EXPECT_EQ(entry.entry_hash(), ledger::ToHex(ledger::LeafHash(entry.entry())));
}

TEST(LedgerEntryProtoTest, Definition) {
  const TestLedger ledger;
  const v1::LedgerEntry entry = LedgerEntryAt(ledger.get(), 1);
  EXPECT_EQ(entry.definition().election().election_id(), "az-2024-presidential");
  EXPECT_THAT(entry.definition().stations(), SizeIs(4));
  EXPECT_THAT(entry.definition().contests(0).candidates(), SizeIs(7));
}

TEST(LedgerEntryProtoTest, ReportInIds) {
  TestLedger ledger;
  auto report = Report();
  report.held = true;
  report.findings = {{.rule = election::Rule::kCastAboveRegistered,
                      .severity = election::Severity::kHold,
                      .field = "ballots.ballots_cast",
                      .numbers = {{"ballots_cast", 30}, {"registered_voters", 20}}}};
  report.counted_at = absl::FromUnixSeconds(9);
  ledger.Append(report);
  const v1::LedgerEntry entry = LastEntry(ledger);
  EXPECT_TRUE(entry.report().held());
  EXPECT_EQ(entry.report().findings(0).rule(), "CAST_ABOVE_REGISTERED");
  const v1::StationReport& shown = entry.report().report();
  EXPECT_EQ(shown.election_id(), "az-2024-presidential");
  EXPECT_EQ(shown.contest_id(), "president");
  EXPECT_EQ(shown.source_id(), "cec");
  EXPECT_EQ(shown.station_id(), "s-1");
  EXPECT_EQ(shown.revision(), 1);
  EXPECT_EQ(shown.counted_at().seconds(), 9);
  EXPECT_EQ(shown.ballots().ballots_cast(), 30);
  EXPECT_EQ(shown.ballots().blank_votes(), 7);
  EXPECT_FALSE(shown.ballots().has_registered_voters());
  ASSERT_THAT(shown.ballots().votes(), SizeIs(7));
  EXPECT_EQ(shown.ballots().votes(4).candidate_id(), "razi-nurullayev");
  EXPECT_EQ(shown.ballots().votes(4).count(), 1);
  EXPECT_TRUE(shown.ballots().votes(6).has_count());
}

TEST(LedgerEntryProtoTest, InterviewsLeaveOutWhatWasNotAsked) {
  TestLedger ledger;
  ledger.Append(TestLedger::Interviews(0, {3, election::kUnknown, 0, -1, -1, -1, -1}));
  const v1::StationReport shown = LastEntry(ledger).report().report();
  EXPECT_EQ(shown.interviews().asked(), 3);
  EXPECT_FALSE(shown.interviews().has_undecided());
  ASSERT_THAT(shown.interviews().answers(), SizeIs(2));
  EXPECT_EQ(shown.interviews().answers(1).candidate_id(), "fazil-mustafa");
}

TEST(LedgerEntryProtoTest, DecisionsAboutAReport) {
  TestLedger ledger;
  auto report = Report();
  report.held = true;
  ledger.Append(report);
  ledger.Append(election::ReportRelease{
      .key = kSecondStation, .revision = 1, .reason = "seen", .documents = {{.sha256 = "ab"}}});
  EXPECT_EQ(LastEntry(ledger).release().key().station_id(), "s-1");
  EXPECT_EQ(LastEntry(ledger).release().key().revision(), 1);
  EXPECT_EQ(LastEntry(ledger).release().reason(), "seen");
  EXPECT_EQ(LastEntry(ledger).release().documents(0).sha256(), "ab");
  ledger.Append(election::ReportAnnulment{
      .key = kSecondStation, .revision = 1, .reason = "fraud", .station_expected_again = true});
  EXPECT_EQ(LastEntry(ledger).annulment().reason(), "fraud");
  EXPECT_TRUE(LastEntry(ledger).annulment().station_expected_again());
  ledger.Append(election::AnnulmentProposal{
      {.key = kSecondStation, .revision = 1, .reason = "fraud", .station_expected_again = true}});
  EXPECT_EQ(LastEntry(ledger).annulment_proposal().reason(), "fraud");
  EXPECT_EQ(LastEntry(ledger).annulment_proposal().key().source_id(), "cec");
  EXPECT_TRUE(LastEntry(ledger).annulment_proposal().station_expected_again());
  ledger.Append(election::ReportAnnulment{
      .key = kSecondStation, .revision = 1, .reason = "fraud", .proposed_by = "operator/anna"});
  EXPECT_EQ(LastEntry(ledger).annulment().proposed_by(), "operator/anna");
  ledger.Append(
      election::ReportReinstatement{.key = kSecondStation, .revision = 1, .reason = "no"});
  EXPECT_EQ(LastEntry(ledger).reinstatement().key().source_id(), "cec");
  EXPECT_EQ(LastEntry(ledger).reinstatement().reason(), "no");
}

TEST(LedgerEntryProtoTest, PollFiguresCertificationAndReopening) {
  TestLedger ledger;
  ledger.Append(TestLedger::Poll({{.candidate_no = 1, .share_percent = "5.0"}}));
  EXPECT_EQ(LastEntry(ledger).poll_figures().source_id(), "oracle");
  EXPECT_EQ(LastEntry(ledger).poll_figures().shares(0).candidate_id(), "zahid-oruj");
  EXPECT_EQ(LastEntry(ledger).poll_figures().shares(0).share_percent(), "5.0");
  const std::int64_t counted = ledger.Append(Report());
  const election::ResultCertification proposed{
      .certified_sequence = counted,
      .progress = ledger.get().count().ProgressOfArea(0, 0, 0),
      .elected_candidate_nos = {1},
      .accept_incomplete = true};
  ledger.Append(election::CertificationProposal{proposed});
  const v1::ResultCertification proposal = LastEntry(ledger).certification_proposal();
  EXPECT_EQ(proposal.contest_id(), "president");
  EXPECT_EQ(proposal.result().status(), v1::RESULT_STATUS_UNSPECIFIED);
  EXPECT_EQ(proposal.result().as_of().sequence(), counted);
  EXPECT_TRUE(proposal.accept_incomplete());
  ledger.Append(
      election::ResultCertification{.certified_sequence = counted,
                                    .tally = ledger.get().count().TallyOfArea(0, 0, 0),
                                    .progress = ledger.get().count().ProgressOfArea(0, 0, 0),
                                    .elected_candidate_nos = {0, 1}});
  const v1::ResultCertification certification = LastEntry(ledger).certification();
  EXPECT_EQ(certification.contest_id(), "president");
  EXPECT_EQ(certification.source_id(), "cec");
  EXPECT_EQ(certification.result().valid_votes(), 15);
  EXPECT_EQ(certification.result().status(), v1::RESULT_STATUS_CERTIFIED);
  EXPECT_EQ(certification.result().as_of().sequence(), counted);
  EXPECT_EQ(certification.result().certification().sequence(), counted + 2);
  EXPECT_THAT(certification.result().certification().elected_candidate_ids(), SizeIs(2));
  ledger.Append(election::ContestReopening{.status = election::ReopeningStatus::kCorrection,
                                           .reason = "court"});
  EXPECT_EQ(LastEntry(ledger).reopening().status(), v1::RESULT_STATUS_CORRECTION);
  EXPECT_EQ(LastEntry(ledger).reopening().reason(), "court");
}

TEST(LedgerEntryProtoTest, ASealTellsWhoseItIsAndAnOpeningWhatItHid) {
  TestLedger ledger;
  const election::SealedContent content{.actor = "pollster",
                                        .event = TestLedger::Interviews(0, {3, 0, 0, 0, 0, 0, 0})};
  const election::SealNonce nonce{255, 1};
  const std::string bytes = ledger::EncodeSealed(content);
  const std::int64_t seal = ledger.Append(
      election::EmbargoSeal{.source_no = TestLedger::kInterviews,
                            .visible_from = absl::FromUnixSeconds(TestLedger::kStartSeconds),
                            .commitment = ledger::CommitmentTo(nonce, content)});
  const v1::LedgerEntry closed = LastEntry(ledger);
  EXPECT_EQ(closed.embargo_seal().source_id(), "interviews");
  EXPECT_EQ(closed.embargo_seal().visible_from().seconds(), TestLedger::kStartSeconds);
  EXPECT_EQ(closed.embargo_seal().commitment(),
            ledger::ToHex(ledger::Sha256(
                "canvass/sealed/v1" +
                std::string(reinterpret_cast<const char*>(nonce.data()), nonce.size()) + bytes)));

  ledger.Append(election::SealOpening{.seal_sequence = seal, .nonce = nonce, .content = content});
  const v1::LedgerEntry open = LastEntry(ledger);
  EXPECT_EQ(open.seal_opening().seal_sequence(), seal);
  EXPECT_EQ(open.seal_opening().nonce(), "ff01" + std::string(60, '0'));
  EXPECT_EQ(open.seal_opening().sealed_content(), bytes);
  EXPECT_EQ(open.seal_opening().actor(), "pollster");
  EXPECT_EQ(open.seal_opening().report().report().source_id(), "interviews");
  const v1::Receipt receipt = ReceiptAt(ledger.get(), seal + 1, /*repeated_submission=*/false);
  EXPECT_EQ(receipt.key().source_id(), "interviews");
  EXPECT_EQ(receipt.sequence(), seal);
  EXPECT_EQ(receipt.entry_hash(), ledger::ToHex(ledger::LeafHash(ledger.get().log().Get(seal))));
  EXPECT_EQ(receipt.recorded_at().seconds(), TestLedger::kStartSeconds + seal);
  EXPECT_TRUE(receipt.sealed());

  const std::int64_t second =
      ledger.Append(election::EmbargoSeal{.source_no = TestLedger::kInterviews});
  ledger.Append(election::SealWithdrawal{.source_no = TestLedger::kInterviews,
                                         .seal_sequence = second,
                                         .reason = "a mistake",
                                         .documents = {{.uri = "file"}}});
  const v1::LedgerEntry withdrawn = LastEntry(ledger);
  EXPECT_EQ(withdrawn.seal_withdrawal().source_id(), "interviews");
  EXPECT_EQ(withdrawn.seal_withdrawal().seal_sequence(), second);
  EXPECT_EQ(withdrawn.seal_withdrawal().reason(), "a mistake");
  EXPECT_THAT(withdrawn.seal_withdrawal().documents(), SizeIs(1));
}

TEST(ReceiptTest, SaysWhatWasRecordedThen) {
  TestLedger ledger;
  auto report = Report();
  report.held = true;
  report.findings = {{.rule = election::Rule::kNoBallots, .severity = election::Severity::kWarn}};
  const std::int64_t sequence = ledger.Append(report);
  ledger.Append(election::ReportRelease{.key = kSecondStation, .revision = 1, .reason = "seen"});
  const v1::Receipt receipt = ReceiptAt(ledger.get(), sequence, /*repeated_submission=*/true);
  EXPECT_EQ(receipt.state(), v1::RECEIPT_STATE_HELD);
  EXPECT_EQ(receipt.sequence(), sequence);
  EXPECT_EQ(receipt.entry_hash(),
            ledger::ToHex(ledger::LeafHash(ledger.get().log().Get(sequence))));
  EXPECT_EQ(receipt.recorded_at().seconds(), TestLedger::kStartSeconds + sequence);
  EXPECT_EQ(receipt.key().station_id(), "s-1");
  EXPECT_EQ(receipt.key().revision(), 1);
  EXPECT_THAT(receipt.findings(), SizeIs(1));
  EXPECT_TRUE(receipt.repeated_submission());
  const std::int64_t other = ledger.Append(Report(2));
  EXPECT_EQ(ReceiptAt(ledger.get(), other, false).state(), v1::RECEIPT_STATE_RECORDED);
}

TEST(StandingTest, AMissingStationHasNoReport) {
  const TestLedger ledger;
  const v1::StationStanding standing = StandingOf(ledger.get(), kSecondStation);
  EXPECT_EQ(standing.state(), v1::STATION_STATE_MISSING);
  EXPECT_EQ(standing.station().station_id(), "s-1");
  EXPECT_EQ(standing.station().registered_voters(), 1000);
  EXPECT_FALSE(standing.has_report());
  EXPECT_FALSE(standing.has_receipt());
}

TEST(StandingTest, TheCountingRevisionStandsAndAHeldCorrectionBesideIt) {
  TestLedger ledger;
  const std::int64_t first = ledger.Append(Report());
  auto correction = Report();
  correction.revision = 2;
  correction.reason = "typing error";
  correction.held = true;
  correction.counts.blank_votes = 0;
  ledger.Append(correction);
  const v1::StationStanding standing = StandingOf(ledger.get(), kSecondStation);
  EXPECT_EQ(standing.state(), v1::STATION_STATE_COUNTED);
  EXPECT_EQ(standing.report().revision(), 1);
  EXPECT_EQ(standing.receipt().sequence(), first);
  EXPECT_EQ(standing.held_correction().revision(), 2);
  EXPECT_EQ(standing.held_correction().ballots().blank_votes(), 0);
}

TEST(StandingTest, AHeldFirstReportStandsAlone) {
  TestLedger ledger;
  auto report = Report();
  report.held = true;
  ledger.Append(report);
  const v1::StationStanding standing = StandingOf(ledger.get(), kSecondStation);
  EXPECT_EQ(standing.state(), v1::STATION_STATE_HELD);
  EXPECT_EQ(standing.report().revision(), 1);
  EXPECT_FALSE(standing.has_held_correction());
}

TEST(StandingTest, AnAnnulledStationSaysWhy) {
  TestLedger ledger;
  ledger.Append(Report());
  ledger.Append(election::ReportAnnulment{.key = kSecondStation, .revision = 1, .reason = "fraud"});
  const v1::StationStanding standing = StandingOf(ledger.get(), kSecondStation);
  EXPECT_EQ(standing.state(), v1::STATION_STATE_ANNULLED);
  EXPECT_EQ(standing.annulment_reason(), "fraud");
  EXPECT_EQ(standing.report().station_id(), "s-1");
}

// What was posted to it before by mistake is not its report.
TEST(StandingTest, AStationThatIsClosedOrMergedHasNoReportOfItsOwn) {
  for (const bool closed : {true, false}) {
    TestLedger ledger;
    ledger.Append(Report());
    ledger.Append(
        election::ReportAnnulment{.key = kSecondStation, .revision = 1, .reason = "wrong station"});
    election::Station station = ledger.get().count().definition().stations().at(1);
    if (closed) {
      station.closed_reason = "never opened";
    } else {
      station.counted_at_station_id = "s-0";
    }
    ledger.Append(election::DefinitionChange{.stations = {station}, .reason = "found out"});
    ledger.Append(election::DefinitionSeal{.parts = 1});
    const v1::StationStanding standing = StandingOf(ledger.get(), kSecondStation);
    EXPECT_EQ(standing.state(), closed ? v1::STATION_STATE_CLOSED : v1::STATION_STATE_MISSING);
    EXPECT_FALSE(standing.has_report());
    EXPECT_FALSE(standing.has_receipt());
    EXPECT_EQ(standing.annulment_reason(), "");
  }
}

}  // namespace
}  // namespace canvass::rpc
