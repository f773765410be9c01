#include "common/ledger/encoding.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/rule.h"
#include "common/election/tally.h"
#include "common/ledger/seal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::ledger {
namespace {

using election::Entry;
using election::Event;
using ::testing::HasSubstr;

constexpr std::int32_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

// UTC on 7 February 2024.
absl::Time PollingDay(int hour, int minute, int second) {
  return absl::FromCivil(absl::CivilSecond(2024, 2, 7, hour, minute, second), absl::UTCTimeZone());
}

std::vector<election::Document> SomeDocuments() {
  return {{.sha256 = std::string(64, 'a'), .uri = "https://example.org/protocol.pdf"},
          {.sha256 = "", .uri = "paper, shelf 3"}};
}

// ---- One event of each kind with every field set.

election::DefinitionChange FullDefinition() {
  return {
      .election =
          election::Election{
              .id = "az-2024-presidential",
              .names = {{"az", "Prezident seçkisi"}, {"en", "Presidential election"}},
              .languages = {"az", "en"},
              .polling_date = "2024-02-07",
              .time_zone = "Asia/Baku",
              .policy =
                  election::Policy{
                      .severities = {{election::Rule::kCastAboveRegistered,
                                      election::Severity::kWarn},
                                     {election::Rule::kNoBallots, election::Severity::kReject}},
                      .invalid_share_high_hundredths = 500,
                      .blank_share_high_hundredths = 0,
                      .polls_close_at = PollingDay(15, 0, 0),
                  },
              .previous_election_id = "az-2018-presidential",
              .rehearsal = true,
              .notices = {{"en", "Synthetic split by station"}},
          },
      .contests = {{
          .id = "president",
          .names = {{"en", "President"}},
          .area_id = "az",
          .candidates = {{.id = "ilham-aliyev",
                          .names = {{"en", "Ilham Aliyev"}},
                          .affiliations = {{"en", "New Azerbaijan Party"}},
                          .withdrawn = true},
                         {.id = "zahid-oruj", .withdrawn = false}},
          .blank_votes_valid = false,
      }},
      .sources = {{
          .id = "oracle-advisory-group",
          .kind = election::SourceKind::kExitPoll,
          .names = {{"en", "Oracle"}},
          .organisations = {"Oracle Advisory Group (US)",
                            "Citizens' Labor Rights Protection League"},
          .visible_from = PollingDay(15, 0, 0) + absl::Microseconds(1),
          .sample_tag = "sample",
          .design_effect = "1.6",
      }},
      .areas = {{.id = "c-1", .parent_id = "az", .kind = "constituency", .names = {{"en", "One"}}}},
      .stations = {{
          .id = "c-1-s-1",
          .area_id = "c-1",
          .names = {{"en", "School 1"}},
          .tags = {"liberated-territory", "sample"},
          .registered_voters = 0,
          .counted_at_station_id = "c-1-s-2",
          .closed_reason = "",
      }},
      .reason = "The school burnt down",
  };
}

election::DefinitionSeal FullSeal() {
  election::DefinitionSeal seal{.parts = 101};
  for (std::size_t i = 0; i < seal.digest.size(); ++i) {
    seal.digest[i] = static_cast<std::uint8_t>(i * 8 + 1);
  }
  return seal;
}

election::ReportRecorded FullReport() {
  return {
      .key = {.contest_no = 3, .source_no = 1, .station_no = 1'049'999},
      .revision = 2,
      .reason = "Two digits were swapped",
      .counts = {.interviews = true,
                 .registered_voters = 999'999'999,
                 .ballots_issued = 0,
                 .ballots_cast = 1,
                 .blank_votes = 2,
                 .invalid_votes = 3,
                 .asked = 4,
                 .refused = 5,
                 .undecided = 6,
                 .votes = {999'999'999, 0, election::kUnknown}},
      .counted_at = PollingDay(18, 41, 0),
      .documents = SomeDocuments(),
      .held = true,
      .findings = {{.rule = election::Rule::kCastAboveRegistered,
                    .severity = election::Severity::kHold,
                    .field = "ballots.ballots_cast",
                    .numbers = {{"ballots_cast", 500},
                                {"registered_voters", -kInt64Max - 1},
                                {"", kInt64Max}},
                    .subject = "c-1-s-1"},
                   {.rule = election::Rule::kInvalidShareHigh,
                    .severity = election::Severity::kUnspecified}},
  };
}

election::PollFigures FullPollFigures() {
  return {
      .contest_no = 1,
      .source_no = 2,
      .area_no = 3,
      .revision = 4,
      .reason = "A mistake in the weighting",
      .retracted = true,
      .shares = {{.candidate_no = 0, .share_percent = "93.9"},
                 {.candidate_no = 6, .share_percent = "0.5"}},
      .sample_size = kInt64Max,
      .margin_of_error_points = "2.5",
      .published_at = PollingDay(15, 0, 1),
      .documents = SomeDocuments(),
  };
}

election::ResultCertification FullCertification() {
  return {
      .contest_no = 0,
      .source_no = 1,
      .number = 2,
      .certified_sequence = 6'700,
      .tally = {.reports = 6'526,
                .flagged = 12,
                .registered_voters = {.total = 6'400'000, .unknown = 1},
                .ballots_issued = {.total = 5'000'000, .unknown = 2},
                .ballots_cast = {.total = 4'990'000, .unknown = 3},
                .blank_votes = {.total = 4, .unknown = 4},
                .invalid_votes = {.total = 32'029, .unknown = 5},
                .asked = {.total = kInt64Max, .unknown = kInt32Max},
                .refused = {.total = 6, .unknown = 6},
                .undecided = {.total = 7, .unknown = 7},
                .votes = {{.total = 4'567'458, .unknown = 0}, {.total = 107'632, .unknown = 9}}},
      .progress = {.expected = 6'537,
                   .counted = 6'526,
                   .annulled = 11,
                   .held = 1,
                   .closed = 2,
                   .registered_expected = 6'478'623,
                   .registered_counted = 6'400'000},
      .elected_candidate_nos = {0, 5},
      .reason = "The commission's protocol",
      .accept_incomplete = true,
      .documents = SomeDocuments(),
  };
}

election::EmbargoSeal FullEmbargoSeal() {
  election::EmbargoSeal seal{.source_no = 3, .visible_from = PollingDay(15, 0, 0)};
  for (std::size_t i = 0; i < seal.commitment.size(); ++i) {
    seal.commitment[i] = static_cast<std::uint8_t>(255 - i);
  }
  return seal;
}

election::ResultCertification ConfirmedCertification() {
  election::ResultCertification certification = FullCertification();
  certification.proposed_by = "operator/anna";
  return certification;
}

std::vector<Event> FullEvents() {
  const election::StationKey key{.contest_no = 1, .source_no = 2, .station_no = 300};
  return {
      FullDefinition(),
      FullSeal(),
      FullReport(),
      election::ReportRelease{
          .key = key, .revision = 3, .reason = "Checked", .documents = SomeDocuments()},
      election::ReportAnnulment{.key = key,
                                .revision = kInt32Max,
                                .reason = "Voting was repeated",
                                .station_expected_again = true,
                                .documents = SomeDocuments()},
      election::ReportReinstatement{
          .key = key, .revision = 1, .reason = "Court order", .documents = SomeDocuments()},
      FullPollFigures(),
      FullCertification(),
      election::ContestReopening{.contest_no = 1,
                                 .source_no = 2,
                                 .status = election::ReopeningStatus::kRecount,
                                 .reason = "Court order",
                                 .documents = SomeDocuments()},
      FullEmbargoSeal(),
      election::SealOpening{.seal_sequence = kInt64Max,
                            .nonce = FullEmbargoSeal().commitment,
                            .content = {.actor = "CN=pollster", .event = FullReport()}},
      election::SealOpening{.seal_sequence = 2,
                            .content = {.actor = "", .event = FullPollFigures()}},
      election::SealWithdrawal{.source_no = 2,
                               .seal_sequence = 300,
                               .reason = "Court order",
                               .documents = SomeDocuments()},
      election::AnnulmentProposal{{.key = key, .revision = 3, .documents = SomeDocuments()}},
      election::CertificationProposal{FullCertification()},
      election::ReportAnnulment{.key = key, .revision = 3, .proposed_by = "operator/anna"},
      ConfirmedCertification(),
      election::DefinitionChange{
          .election =
              election::Election{.id = "e-1", .policy = election::Policy{.two_operators = true}}},
      election::SealOpening{
          .seal_sequence = 2,
          .content = {.event = election::AnnulmentProposal{{.key = key, .revision = 3}}}},
      election::SealOpening{
          .seal_sequence = 2,
          .content = {.event =
                          election::ReportAnnulment{
                              .key = key, .revision = 3, .proposed_by = "operator/anna"}}},
  };
}

std::vector<Event> EmptyEvents() {
  return {
      election::DefinitionChange(),  election::DefinitionSeal(),
      election::ReportRecorded(),    election::ReportRelease(),
      election::ReportAnnulment(),   election::ReportReinstatement(),
      election::PollFigures(),       election::ResultCertification(),
      election::ContestReopening(),  election::EmbargoSeal(),
      election::SealOpening(),       election::SealWithdrawal(),
      election::AnnulmentProposal(), election::CertificationProposal(),
  };
}

// Entries of every kind, full and empty.
std::vector<Entry> SomeEntries() {
  std::vector<Entry> entries;
  for (Event& event : FullEvents()) {
    entries.push_back({.sequence = static_cast<std::int64_t>(entries.size()) * 1'000'000 + 7,
                       .recorded_at = PollingDay(19, 0, 0) + absl::Microseconds(123'456),
                       .actor = "CN=reporter-1",
                       .event = std::move(event)});
  }
  for (Event& event : EmptyEvents()) {
    entries.push_back({.sequence = 1, .recorded_at = absl::UnixEpoch(), .event = std::move(event)});
  }
  return entries;
}

// A station of ordinary size: 7 candidates, every number that an official report gives.
Entry TypicalReport() {
  return {.sequence = 6'102,
          .recorded_at = PollingDay(19, 0, 0) + absl::Microseconds(123'456),
          .actor = "local",
          .event = election::ReportRecorded{
              .key = {.contest_no = 0, .source_no = 1, .station_no = 4'242},
              .revision = 1,
              .counts = {.registered_voters = 1'012,
                         .ballots_issued = 660,
                         .ballots_cast = 659,
                         .blank_votes = 3,
                         .invalid_votes = 5,
                         .votes = {601, 14, 13, 11, 5, 4, 3}},
              .counted_at = PollingDay(18, 41, 0),
          }};
}

std::string FromHex(std::string_view spaced) {
  return absl::HexStringToBytes(absl::StrReplaceAll(std::string(spaced), {{" ", ""}}));
}

// Decode refuses `bytes`, or they are the one spelling of what it makes of them.
void ExpectCanonical(const std::string& bytes) {
  const absl::StatusOr<Entry> entry = Decode(bytes);
  if (entry.ok()) {
    ASSERT_EQ(absl::BytesToHexString(Encode(*entry)), absl::BytesToHexString(bytes));
  } else {
    ASSERT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(EncodingTest, EveryKindComesBackAsItWas) {
  for (const Entry& entry : SomeEntries()) {
    const std::string bytes = Encode(entry);
    const absl::StatusOr<Entry> decoded = Decode(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status() << " kind " << entry.event.index();
    EXPECT_EQ(*decoded, entry) << "kind " << entry.event.index();
    EXPECT_EQ(Encode(*decoded), bytes);
  }
}

TEST(EncodingTest, EveryRuleComesBackAsItWas) {
  for (const election::Rule rule : election::AllRules()) {
    Entry entry = TypicalReport();
    std::get<election::ReportRecorded>(entry.event).findings = {
        {.rule = rule, .severity = election::Severity::kWarn}};
    const absl::StatusOr<Entry> decoded = Decode(Encode(entry));
    ASSERT_TRUE(decoded.ok()) << decoded.status() << " rule " << RuleName(rule);
    EXPECT_EQ(*decoded, entry) << RuleName(rule);
  }
}

TEST(EncodingTest, EntriesThatDifferHaveOtherBytes) {
  const std::vector<Entry> entries = SomeEntries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(Encode(entries[i]), Encode(entries[j]));
  }
}

TEST(EncodingTest, TimesAreWholeMicroseconds) {
  Entry entry = TypicalReport();
  entry.recorded_at += absl::Nanoseconds(999);
  EXPECT_EQ(Encode(entry), Encode(TypicalReport()));
  for (const std::int64_t micros : {-kInt64Max - 1, std::int64_t{-1}, std::int64_t{0}, kInt64Max}) {
    entry.recorded_at = absl::FromUnixMicros(micros);
    const absl::StatusOr<Entry> decoded = Decode(Encode(entry));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(absl::ToUnixMicros(decoded->recorded_at), micros);
  }
}

// ---- The stored bytes, written out by hand from the grammar: they never change.

TEST(EncodingTest, BytesOfAReport) {
  const std::string bytes = FromHex(
      "01 03 d62f 80b9c8d3e9b38806 056c6f63616c "  // version, kind, sequence, recorded at, actor
      "00 01 9221 01 "                             // contest, source, station, revision
      "04 00 "                                     // flags: counted at; no reason
      "1f f407 9405 9305 03 05 "                   // registered, issued, cast, blank, invalid
      "07 da04 0f 0e 0c 06 05 04 "                 // 7 votes, each plus 1
      "809ca194e1b38806 00 00");                   // counted at, documents, findings
  EXPECT_EQ(absl::BytesToHexString(Encode(TypicalReport())), absl::BytesToHexString(bytes));
  EXPECT_LT(bytes.size(), 70U);
}

TEST(EncodingTest, BytesOfSeals) {
  const election::SealedContent content{
      .actor = "oracle",
      .event = election::PollFigures{.source_no = 2,
                                     .shares = {{.candidate_no = 0, .share_percent = "93.9"}}}};
  const std::string content_bytes = FromHex(
      "07 066f7261636c65 "                          // kind, actor
      "00 00 02 00 01 00 01 00 0439332e39 00 00");  // no flags, then as in an entry of its own
  EXPECT_EQ(absl::BytesToHexString(EncodeSealed(content)), absl::BytesToHexString(content_bytes));
  EXPECT_EQ(DecodeSealed(content_bytes).value(), content);

  const Entry seal{.sequence = 6'102,
                   .recorded_at = PollingDay(19, 0, 0) + absl::Microseconds(123'456),
                   .event = FullEmbargoSeal()};
  EXPECT_EQ(absl::BytesToHexString(Encode(seal)),
            "020ad62f80b9c8d3e9b3880600"  // version, kind, sequence, recorded at, no actor
            "0380f0c4aefeb28806"          // source, visible from
            "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0");

  const Entry opening{
      .sequence = 6'103,
      .recorded_at = seal.recorded_at,
      .actor = "canvass",
      .event = election::SealOpening{
          .seal_sequence = 6'102, .nonce = FullEmbargoSeal().commitment, .content = content}};
  EXPECT_EQ(absl::BytesToHexString(Encode(opening)),
            "020bd72f80b9c8d3e9b388060763616e76617373"
            "d62ffffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0" +
                absl::BytesToHexString(content_bytes));
}

TEST(EncodingTest, BytesOfWhatTwoOperatorsDecide) {
  const election::StationKey key{.contest_no = 0, .source_no = 1, .station_no = 7};
  Entry entry{.sequence = 300,
              .recorded_at = absl::UnixEpoch(),
              .actor = "a",
              .event = election::AnnulmentProposal{{.key = key, .revision = 2, .reason = "x"}}};
  EXPECT_EQ(absl::BytesToHexString(Encode(entry)),
            "030dac02000161"  // version, kind, sequence, recorded at, actor
            "00000107020178"  // no flags, key, revision, reason
            "00");            // documents
  entry.event = election::ReportAnnulment{
      .key = key, .revision = 2, .reason = "x", .station_expected_again = true, .proposed_by = "b"};
  EXPECT_EQ(absl::BytesToHexString(Encode(entry)),
            "0305ac02000161"  // as an annulment by one operator but for the version
            "03000107020178"  // flags: expected again, proposed by
            "000162");        // documents, proposed by
}

TEST(EncodingTest, AnEntryHasTheLowestVersionThatCanSayIt) {
  for (const Entry& entry : SomeEntries()) {
    std::string bytes = Encode(entry);
    const char version = bytes[0];
    for (const char other : {1, 2, 3}) {
      if (other == version) continue;
      bytes[0] = other;
      EXPECT_THAT(std::string(Decode(bytes).status().message()),
                  ::testing::HasSubstr("its content belongs to another version"))
          << "kind " << entry.event.index();
    }
  }
}

TEST(EncodingTest, OnlyWhatASourceSaysCanBeSealed) {
  std::string bytes = EncodeSealed({.event = election::PollFigures()});
  for (const char kind : {'\x02', '\x08', '\x0a', '\x0b', '\x0e'}) {
    bytes[0] = kind;
    EXPECT_FALSE(DecodeSealed(bytes).ok()) << static_cast<int>(kind);
  }
  bytes[0] = '\x07';
  EXPECT_TRUE(DecodeSealed(bytes).ok());
  EXPECT_FALSE(DecodeSealed(bytes + "x").ok());
  EXPECT_FALSE(DecodeSealed("").ok());
}

TEST(EncodingTest, BytesOfAHeldInterviewReport) {
  const Entry entry{.sequence = 300,
                    .recorded_at = absl::UnixEpoch(),
                    .actor = "cec",
                    .event = election::ReportRecorded{
                        .key = {.contest_no = 2, .source_no = 0, .station_no = 7},
                        .revision = 2,
                        .reason = "recount",
                        .counts = {.interviews = true,
                                   .asked = 100,
                                   .refused = 20,
                                   .undecided = 0,
                                   .votes = {80, election::kUnknown}},
                        .documents = {{.sha256 = "ab", .uri = "u"}},
                        .held = true,
                        .findings = {{.rule = election::Rule::kCastAboveRegistered,
                                      .severity = election::Severity::kHold,
                                      .field = "x",
                                      .numbers = {{"n", -5}},
                                      .subject = "s"}},
                    }};
  const std::string bytes = FromHex(
      "01 03 ac02 00 03636563 02 00 07 02 03 077265636f756e74 e0 64 14 00 02 51 00 "
      "01 026162 0175 01 28 03 0178 01 016e 09 0173");
  EXPECT_EQ(absl::BytesToHexString(Encode(entry)), absl::BytesToHexString(bytes));
}

TEST(EncodingTest, BytesOfAnAnnulment) {
  const Entry entry{.sequence = 1,
                    .recorded_at = absl::FromUnixMicros(-1),
                    .actor = "local",
                    .event = election::ReportAnnulment{
                        .key = {.contest_no = 0, .source_no = 0, .station_no = 128},
                        .revision = 1,
                        .reason = "wrong station",
                        .station_expected_again = true,
                    }};
  const std::string bytes =
      FromHex("01 05 01 01 056c6f63616c 01 00 00 8001 01 0d77726f6e672073746174696f6e 00");
  EXPECT_EQ(absl::BytesToHexString(Encode(entry)), absl::BytesToHexString(bytes));
}

TEST(EncodingTest, BytesOfADefinition) {
  const Entry entry{
      .sequence = 2,
      .recorded_at = absl::FromUnixMicros(1),
      .actor = "a",
      .event = election::DefinitionChange{
          .areas =
              {{.id = "c-1", .parent_id = "az", .kind = "constituency", .names = {{"en", "One"}}}},
          .stations = {{.id = "s",
                        .area_id = "c-1",
                        .tags = {"abroad"},
                        .registered_voters = 900,
                        .closed_reason = "flood"}},
          .reason = "why",
      }};
  const std::string bytes = FromHex(
      "01 01 02 02 0161 00 03776879 00 00 01 03632d31 02617a 0c636f6e7374697475656e6379 "
      "01 02656e 034f6e65 01 05 0173 03632d31 00 01 066162726f6164 8407 05666c6f6f64");
  EXPECT_EQ(absl::BytesToHexString(Encode(entry)), absl::BytesToHexString(bytes));
}

// ---- Damage.

TEST(DecodeTest, NamesTheOffset) {
  const auto decode = [](std::string_view hex) { return Decode(FromHex(hex)).status(); };

  const absl::Status early = decode("01 05 01 01 056c6f63616c 01 00");
  EXPECT_EQ(early.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(early.message()), HasSubstr("ends too early (byte 12 of 12)"));
  EXPECT_EQ(DetailOf(early).reason, "ENTRY_MALFORMED");

  EXPECT_THAT(std::string(decode("").message()), HasSubstr("byte 0 of 0"));
  EXPECT_THAT(std::string(decode("02 09 01 00 00 00 00 05 00 00").message()),
              HasSubstr("content belongs to another version"));
  EXPECT_THAT(std::string(decode("01 00").message()), HasSubstr("out of its range (byte 1"));
  EXPECT_THAT(std::string(decode("00 09 01 00 00 00 00 05 00 00").message()),
              HasSubstr("its version is 0"));
  EXPECT_THAT(std::string(decode("01 09 00 00 00 00 00 05 00 00").message()),
              HasSubstr("sequence is 0"));
  EXPECT_THAT(std::string(decode("01 09 01 00 00 00 00 04 00 00").message()),
              HasSubstr("out of its range (byte 7"));
  EXPECT_TRUE(decode("01 09 01 00 00 00 00 05 00 00").ok());
  EXPECT_THAT(std::string(decode("01 09 01 00 00 00 00 05 00 00 00").message()),
              HasSubstr("more bytes follow the end of the entry (byte 10 of 11)"));
  EXPECT_THAT(std::string(decode("01 09 8100 00 00 00 00 05 00 00").message()),
              HasSubstr("not in its shortest form (byte 2"));
  EXPECT_THAT(std::string(decode("01 09 01 00 00 00 00 05 00 05").message()),
              HasSubstr("a list is longer than the entry"));
}

TEST(DecodeTest, ARuleOfANewerProgramIsRead) {
  Entry entry = TypicalReport();
  std::get<election::ReportRecorded>(entry.event).findings = {
      {.rule = election::Rule::kNoBallots, .severity = election::Severity::kWarn}};
  std::string bytes = Encode(entry);
  const std::size_t rule_at = bytes.size() - 5;  // rule severity field numbers subject
  ASSERT_EQ(bytes[rule_at], 45);
  for (const char number : {'\x27', '\xFF'}) {
    bytes[rule_at] = number;
    const absl::StatusOr<Entry> read = Decode(bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    const auto& findings = std::get<election::ReportRecorded>(read->event).findings;
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(static_cast<char>(findings[0].rule), number);
    EXPECT_EQ(findings[0].severity, election::Severity::kWarn);
    EXPECT_EQ(Encode(*read), bytes);
  }
  bytes[rule_at] = 0;
  EXPECT_THAT(std::string(Decode(bytes).status().message()), HasSubstr("out of its range"));
  bytes[rule_at] = 45;
  bytes[rule_at + 1] = 5;  // a severity may decide what counts
  EXPECT_THAT(std::string(Decode(bytes).status().message()), HasSubstr("out of its range"));
}

TEST(DecodeTest, SaysThatANewerProgramWroteAnEntry) {
  std::string bytes = Encode(TypicalReport());
  bytes[1] = 15;
  EXPECT_THAT(
      std::string(Decode(bytes).status().message()),
      HasSubstr("version 1 and kind 15, which this program does not know: a newer program"));
  bytes[0] = 4;
  bytes[1] = 3;
  EXPECT_THAT(std::string(Decode(bytes).status().message()), HasSubstr("version 4 and kind 3"));
}

TEST(DecodeTest, EveryTruncationIsDamage) {
  for (const Entry& entry : SomeEntries()) {
    const std::string bytes = Encode(entry);
    const std::string_view whole = bytes;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const absl::StatusOr<Entry> decoded = Decode(whole.substr(0, size));
      ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss)
          << size << " bytes of kind " << entry.event.index();
    }
    EXPECT_EQ(Decode(bytes + '\0').status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(DecodeTest, EveryFlippedByteIsDamageOrAnotherEntry) {
  for (const Entry& entry : SomeEntries()) {
    const std::string bytes = Encode(entry);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const unsigned flip : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 255U}) {
        std::string flipped = bytes;
        flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ flip);
        ASSERT_NO_FATAL_FAILURE(ExpectCanonical(flipped)) << i << " " << flip;
      }
    }
  }
}

// `bytes` with one to four bytes changed, put in or taken out.
std::string Damaged(std::string bytes, std::mt19937_64& random) {
  for (std::uint64_t changes = random() % 4 + 1; changes > 0; --changes) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 3) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      default:
        if (bytes.size() > 1) bytes.erase(at, 1);
    }
  }
  return bytes;
}

TEST(DecodeTest, RandomDamageIsDamageOrAnotherEntry) {
  std::vector<std::string> samples;
  for (const Entry& entry : SomeEntries()) samples.push_back(Encode(entry));
  for (const std::uint64_t seed : testing::SeedsToTry(4)) {
    SCOPED_TRACE(testing::Replay(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 10'000; ++round) {
      const std::string bytes = Damaged(samples[random() % samples.size()], random);
      ASSERT_NO_FATAL_FAILURE(ExpectCanonical(bytes)) << absl::BytesToHexString(bytes);
    }
  }
}

TEST(DecodeTest, ALongListThatIsNotThereTakesNoMemory) {
  // A definition that claims a million contests and has as many bytes of nothing.
  std::string bytes = FromHex("01 01 01 00 00 00 00 c0843d");
  bytes.append(1'000'000, '\xff');
  EXPECT_EQ(Decode(bytes).status().code(), absl::StatusCode::kDataLoss);
}

// ---- The content of a report.

TEST(EncodeContentTest, IsWhatTheSubmitterSaid) {
  const election::ReportRecorded report = FullReport();
  const std::string content = EncodeContent(report);

  election::ReportRecorded same = report;
  same.held = false;
  same.findings.clear();
  EXPECT_EQ(EncodeContent(same), content);
}

TEST(EncodeContentTest, EveryNumberAndWordMatters) {
  const election::ReportRecorded report = FullReport();
  const std::string content = EncodeContent(report);
  std::vector<election::ReportRecorded> others(14, report);
  others[0].reason += ".";
  others[1].counts.interviews = false;
  others[2].counts.registered_voters = election::kUnknown;
  others[3].counts.ballots_issued = election::kUnknown;
  others[4].counts.ballots_cast = 0;
  others[5].counts.blank_votes = 3;
  others[6].counts.invalid_votes = 2;
  others[7].counts.asked = 5;
  others[8].counts.refused = 4;
  others[9].counts.undecided = election::kUnknown;
  others[10].counts.votes = {999'999'999, election::kUnknown, 0};
  others[11].counted_at.reset();
  others[12].documents.pop_back();
  others[13].documents[1].uri += " ";
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_NE(EncodeContent(others[i]), content) << i;
}

TEST(EncodeContentTest, IsPartOfTheEntry) {
  const Entry entry = TypicalReport();
  EXPECT_THAT(Encode(entry),
              HasSubstr(EncodeContent(std::get<election::ReportRecorded>(entry.event))));
}

}  // namespace
}  // namespace canvass::ledger
