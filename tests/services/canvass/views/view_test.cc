#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/canvass/terminal/watch_screen.h"
#include "services/canvass/views/comparison_view.h"
#include "services/canvass/views/election_names.h"
#include "services/canvass/views/entry_view.h"
#include "services/canvass/views/receipt_view.h"
#include "services/canvass/views/result_row.h"
#include "services/canvass/views/result_view.h"

namespace canvass::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// The election of 7 February 2024 as far as the first two candidates go.
ElectionNames Names(const std::string& language = "") {
  const auto election = Parse<v1::Election>(R"(
    election_id: "az-2024-presidential" time_zone: "Asia/Baku" languages: "en"
    names { key: "en" value: "President of Azerbaijan 2024" }
    names { key: "az" value: "Prezident seçkisi 2024" })");
  google::protobuf::RepeatedPtrField<v1::Contest> contests;
  *contests.Add() = Parse<v1::Contest>(R"(
    contest_id: "president" area_id: "az"
    candidates { candidate_id: "ilham-aliyev" names { key: "en" value: "Ilham Aliyev" } names { key: "az" value: "İlham Əliyev" } }
    candidates { candidate_id: "zahid-oruj" names { key: "en" value: "Zahid Oruj" } })");
  google::protobuf::RepeatedPtrField<v1::Source> sources;
  *sources.Add() = Parse<v1::Source>(
      R"(source_id: "cec" names { key: "en" value: "Central Election Commission" })");
  *sources.Add() = Parse<v1::Source>(R"pb(source_id: "oracle"
                                          organisations: "Oracle Advisory Group (US)")pb");
  return ElectionNames(election, contests, sources, language);
}

// The final protocol; 1707609600 is 11 February 2024, 04:00 in Baku.
v1::Result FinalProtocol() {
  return Parse<v1::Result>(R"(
    as_of { sequence: 6559 recorded_at { seconds: 1707609600 } root_hash: "ab12" }
    election_id: "az-2024-presidential" contest_id: "president" source_id: "cec"
    status: RESULT_STATUS_CERTIFIED
    progress { stations_expected: 6537 stations_counted: 6526 stations_annulled: 11 percent: "100.00" }
    candidates { candidate_id: "ilham-aliyev" votes: 4567458 share_percent: "92.12" rank: 1 }
    candidates { candidate_id: "zahid-oruj" votes: 107632 share_percent: "2.17" rank: 2 }
    valid_votes: 4957967 blank_votes: 0
    certification { number: 1 sequence: 6559 elected_candidate_ids: "ilham-aliyev" reason: "Protocol of 11 February" }
    notices { key: "en" value: "Synthetic split by station" })");
}

TEST(ElectionNamesTest, TakesTheReadersLanguageThenTheElections) {
  EXPECT_EQ(Names("az").Candidate("president", "ilham-aliyev"), "İlham Əliyev");
  EXPECT_EQ(Names("az").Candidate("president", "zahid-oruj"), "Zahid Oruj");
  EXPECT_EQ(Names("fr").Election(), "President of Azerbaijan 2024");
  EXPECT_EQ(Names().Candidate("president", "nobody"), "nobody");
  EXPECT_EQ(Names().Source("oracle"), "Oracle Advisory Group (US)");
  EXPECT_THAT(Names().Ballot("president"), ElementsAre("ilham-aliyev", "zahid-oruj"));
}

TEST(ResultViewTest, ShowsEverythingThatBelongsToTheFigures) {
  EXPECT_EQ(ResultText(FinalProtocol(), Names(), false),
            "President of Azerbaijan 2024 · president · Central Election Commission\n"
            "Synthetic split by station\n"
            "CERTIFIED · 6 526 of 6 537 stations (100.00 %) · 11 annulled\n"
            "\n"
            "rank  candidate         votes  share %\n"
            "   1  Ilham Aliyev  4 567 458    92.12\n"
            "   2  Zahid Oruj      107 632     2.17\n"
            "\n"
            "valid votes         4 957 967\n"
            "blank votes                 0\n"
            "certified         no. 1 at sequence 6 559, \n"
            "declared elected  Ilham Aliyev\n"
            "reason            Protocol of 11 February\n"
            "as of             sequence 6 559, 2024-02-11 04:00:00 +04:00\n"
            "ledger root       ab12\n");
}

TEST(ResultViewTest, NamesTheContestWhereThereAreMany) {
  const Table table{.columns = ContestCandidateColumns(),
                    .rows = ContestCandidateRows(FinalProtocol(), Names())};
  EXPECT_EQ(RenderCsv(table),
            "contest_id,rank,candidate_id,candidate,votes,share_percent,margin_of_error_points\n"
            "president,1,ilham-aliyev,Ilham Aliyev,4567458,92.12,\n"
            "president,2,zahid-oruj,Zahid Oruj,107632,2.17,\n");
}

TEST(ResultViewTest, MarksARehearsal) {
  v1::Result result = FinalProtocol();
  result.set_rehearsal(true);
  EXPECT_THAT(ResultText(result, Names(), false),
              HasSubstr("\nREHEARSAL: Synthetic split by station\n"));
}

TEST(ResultViewTest, UsesColoursOnlyWhereTheyAreWanted) {
  EXPECT_THAT(ResultText(FinalProtocol(), Names(), false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(ResultText(FinalProtocol(), Names(), true), HasSubstr("\x1b[1mCERTIFIED\x1b[0m"));
}

TEST(ResultViewTest, ShowsAPollWithItsMargin) {
  const auto poll = Parse<v1::Result>(R"(
    contest_id: "president" source_id: "oracle" sample_size: 1000
    candidates { candidate_id: "ilham-aliyev" votes: 939 share_percent: "93.90" rank: 1 margin_of_error_points: "1.48" }
    candidates { candidate_id: "zahid-oruj" share_percent: "" })");
  const std::string text = ResultText(poll, Names(), false);
  EXPECT_THAT(text, HasSubstr("rank  candidate     answers  share %  ± points\n"
                              "   1  Ilham Aliyev      939    93.90      1.48\n"
                              "      Zahid Oruj\n"));
  EXPECT_THAT(text, HasSubstr("sample size             1 000\n"));
}

TEST(ResultViewTest, SaysAResultOnALine) {
  EXPECT_EQ(ResultLine(FinalProtocol(), Names()),
            "2024-02-11 04:00:00 +04:00  sequence 6 559  CERTIFIED  6 526 of 6 537 stations "
            "(100.00 %) · 11 annulled"
            "  Ilham Aliyev 92.12 %  Zahid Oruj 2.17 %\n");
}

TEST(ResultRowsTest, GivesSpreadsheetsEveryCandidateInBallotOrder) {
  const ElectionNames names = Names();
  const ResultRows rows(ResultRows::Subject::kMoment, OutputFormat::kCsv, names, "president");
  Table table{.columns = rows.Columns(), .rows = {rows.RowOf(FinalProtocol())}};
  EXPECT_EQ(RenderCsv(table),
            "recorded_at,sequence,status,stations_counted,stations_expected,progress_percent,"
            "turnout_percent,valid_votes,"
            "ilham-aliyev,zahid-oruj\n"
            "2024-02-11 04:00:00 "
            "+04:00,6559,RESULT_STATUS_CERTIFIED,6526,6537,100.00,,4957967,4567458,107632\n");
}

TEST(ResultRowsTest, ShowsPeopleTheLeaders) {
  const ElectionNames names = Names();
  const ResultRows rows(ResultRows::Subject::kArea, OutputFormat::kTable, names, "president");
  v1::Result area = FinalProtocol();
  area.set_area_id("c-86");
  EXPECT_THAT(rows.RowOf(area), ElementsAre("c-86", "c-86", "6526", "6537", "100.00", "", "4957967",
                                            "Ilham Aliyev", "92.12", "Zahid Oruj", "2.17"));
}

// 93.9 beside 92.12.
publisher::v1::CompareSourcesResponse Comparison() {
  auto response = Parse<publisher::v1::CompareSourcesResponse>(R"pb(
    comparisons {
      source_id: "oracle"
      kind: SOURCE_KIND_EXIT_POLL
      organisations: "Oracle Advisory Group (US)"
      candidates {
        candidate_id: "ilham-aliyev"
        official_share_percent: "92.12"
        share_percent: "93.9"
        difference_points: "1.78"
      }
      candidates { candidate_id: "zahid-oruj" official_share_percent: "2.17" }
    })pb");
  *response.mutable_official() = FinalProtocol();
  return response;
}

TEST(ComparisonViewTest, ShowsDifferencesWithTheirSignAndNothingMadeUp) {
  const std::string text = ComparisonText(Comparison(), Names(), false);
  EXPECT_THAT(
      text, HasSubstr("Oracle Advisory Group (US) · exit poll\n"
                      "candidate     official %  source %  difference  ± points  official within\n"
                      "Ilham Aliyev       92.12      93.9       +1.78\n"));
  EXPECT_THAT(text, Not(HasSubstr("Zahid")));
  EXPECT_EQ(
      RenderCsv(ComparisonTable(Comparison(), Names())),
      "source_id,candidate_id,candidate,official_share_percent,share_percent,difference_points,"
      "margin_of_error_points,official_within_margin\n"
      "oracle,ilham-aliyev,Ilham Aliyev,92.12,93.9,1.78,,\n");
}

TEST(ComparisonViewTest, SaysWhenThereIsNothingToCompare) {
  publisher::v1::CompareSourcesResponse response = Comparison();
  response.mutable_comparisons(0)->clear_candidates();
  response.mutable_comparisons(0)->set_retracted(true);
  EXPECT_THAT(ComparisonText(response, Names(), false),
              HasSubstr("retracted by the source\n  nothing published to compare\n"));
  response.clear_comparisons();
  EXPECT_THAT(ComparisonText(response, Names(), false), HasSubstr("No other source is published."));
}

TEST(SignedTest, ShowsAPlusOnlyWhereSomethingIsMore) {
  EXPECT_EQ(Signed("1.78"), "+1.78");
  EXPECT_EQ(Signed("-0.28"), "-0.28");
  EXPECT_EQ(Signed("0.00"), "0.00");
  EXPECT_EQ(Signed(""), "");
}

TEST(EntryViewTest, SaysWhatHappened) {
  const auto annulment = Parse<v1::LedgerEntry>(R"(
    sequence: 6540 recorded_at { seconds: 1707609600 } actor: "local"
    annulment { key { contest_id: "president" source_id: "cec" station_id: "c-86-s-12" revision: 1 }
                reason: "Decision 31/142" station_expected_again: true })");
  EXPECT_THAT(EntryRow(annulment, Names()),
              ElementsAre("6540", "2024-02-11 04:00:00 +04:00", "local", "report annulled",
                          "c-86-s-12 revision 1 (president, cec)",
                          "Decision 31/142 (the station is expected again)"));
  const auto seal = Parse<v1::LedgerEntry>(R"(embargo_seal { source_id: "oracle" })");
  EXPECT_EQ(EventKind(seal), "sealed");
  EXPECT_EQ(EventSubject(seal), "oracle");
  const auto opening = Parse<v1::LedgerEntry>(R"(
    seal_opening { seal_sequence: 5 poll_figures {
      source_id: "oracle" revision: 2 reason: "more answers"
      shares { candidate_id: "ilham-aliyev" share_percent: "93.9" } } })");
  EXPECT_EQ(EventKind(opening), "seal opened: poll figures");
  EXPECT_EQ(EventSubject(opening), "oracle revision 2: ilham-aliyev 93.9 %");
  EXPECT_EQ(EventReason(opening), "more answers");
  const auto withdrawal = Parse<v1::LedgerEntry>(
      R"(seal_withdrawal { source_id: "oracle" seal_sequence: 5 reason: "a mistake" })");
  EXPECT_EQ(EventKind(withdrawal), "seal withdrawn");
  EXPECT_EQ(EventSubject(withdrawal), "seal 5 (oracle)");
  EXPECT_EQ(EventReason(withdrawal), "a mistake");
  const auto held =
      Parse<v1::LedgerEntry>(R"(report { held: true report { station_id: "s" reason: "recounted" }
    findings { rule: "CAST_ABOVE_REGISTERED" } findings { rule: "NO_BALLOTS" } })");
  EXPECT_EQ(EventKind(held), "report held");
  EXPECT_EQ(EventReason(held), "recounted; CAST_ABOVE_REGISTERED, NO_BALLOTS");
  const auto poll = Parse<v1::LedgerEntry>(R"(poll_figures { source_id: "oracle" revision: 1
    shares { candidate_id: "ilham-aliyev" share_percent: "93.9" } })");
  EXPECT_EQ(EventSubject(poll), "oracle revision 1: ilham-aliyev 93.9 %");
}

TEST(EntryViewTest, CountsThePartsOfADefinition) {
  auto change =
      Parse<v1::DefinitionChange>(R"(election { } contests { } sources { } sources { } areas { })");
  for (int i = 0; i < 1200; ++i) change.add_stations();
  EXPECT_EQ(PartsText(change), "election, 1 contest, 2 sources, 1 area, 1 200 stations");
  EXPECT_EQ(PartsText({}), "nothing");
}

TEST(ReceiptViewTest, ShowsStateAndFindings) {
  const auto receipt = Parse<v1::Receipt>(R"(
    key { election_id: "e" contest_id: "c" source_id: "o" station_id: "s-1" revision: 1 }
    state: RECEIPT_STATE_REFUSED findings { rule: "VOTES_NOT_BALANCED" message: "They add up to 505." })");
  EXPECT_THAT(ReceiptRow(receipt), ElementsAre("s-1", "c", "o", "1", "refused", "", "",
                                               "VOTES_NOT_BALANCED", "They add up to 505.", ""));
}

TEST(WatchScreenTest, WritesOverTheOldLines) {
  EXPECT_EQ(RenderScreen("a\nb\n", true, {}), "\x1b[2J\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
  EXPECT_EQ(RenderScreen("a\n", false, {}), "\x1b[Ha\x1b[K\n\x1b[J");
}

TEST(WatchScreenTest, CutsWhatDoesNotFitIntoTheWindow) {
  EXPECT_EQ(
      RenderScreen("12345678\n\x1b[1m12345\x1b[0m\n東京東京\n", false, {.columns = 6, .rows = 24}),
      "\x1b[H12345\x1b[K\n\x1b[1m12345\x1b[0m\x1b[K\n東京\x1b[K\n\x1b[J");
  EXPECT_EQ(RenderScreen("1\n2\n3\n4\n", false, {.columns = 80, .rows = 4}),
            "\x1b[H1\x1b[K\n2\x1b[K\n... 2 more lines\x1b[K\n\x1b[J");
  EXPECT_EQ(RenderScreen("1\n2\n", false, {.columns = 2, .rows = 1}), "\x1b[H.\x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace canvass::cli
