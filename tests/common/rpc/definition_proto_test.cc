#include "common/rpc/definition_proto.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

v1::DefinitionChange ChangeOf(const std::string& text) {
  v1::DefinitionChange change;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &change)) << text;
  return change;
}

// With everything that a definition can say.
constexpr char kWhole[] = R"(
  election {
    election_id: "az-2024-presidential"
    names { key: "en" value: "Presidential election" } names { key: "az" value: "Prezident seçkisi" }
    languages: "az" languages: "en"
    polling_date: "2024-02-07" time_zone: "Asia/Baku"
    policy {
      severities { key: "CAST_ABOVE_REGISTERED" value: SEVERITY_WARN }
      invalid_share_high_percent: "2.5" blank_share_high_percent: "10"
      polls_close_at { seconds: 1707318000 nanos: 250000 }
    }
    previous_election_id: "az-2018-presidential" rehearsal: true
    notices { key: "en" value: "Synthetic split by station" }
  }
  contests {
    contest_id: "president" names { key: "en" value: "President" } area_id: "az"
    candidates {
      candidate_id: "ilham-aliyev" names { key: "en" value: "Ilham Aliyev" }
      affiliations { key: "en" value: "New Azerbaijan Party" } withdrawn: false
    }
    candidates { candidate_id: "zahid-oruj" withdrawn: true }
    blank_votes_valid: false
  }
  sources {
    source_id: "poll" kind: SOURCE_KIND_EXIT_POLL names { key: "en" value: "Poll" }
    organisations: "A" organisations: "B" visible_from { seconds: 1707321600 }
    sample_tag: "sample" design_effect: "1.6"
  }
  areas { area_id: "c-1" parent_area_id: "az" kind: "constituency" names { key: "en" value: "1" } }
  stations {
    station_id: "c-1-s-1" area_id: "c-1" names { key: "en" value: "School 1" }
    tags: "liberated-territory" tags: "sample"
    registered_voters: 0 counted_at_station_id: "" closed_reason: "flood"
  }
  reason: "second thoughts"
)";

TEST(DefinitionProtoTest, EverythingThatIsSaidComesBack) {
  const v1::DefinitionChange change = ChangeOf(kWhole);
  const auto core = FromProto(change);
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_EQ(ToProto(*core).DebugString(), change.DebugString());
}

TEST(DefinitionProtoTest, TheCoreHasWhatWasSaid) {
  const auto core = FromProto(ChangeOf(kWhole));
  ASSERT_TRUE(core.ok()) << core.status();
  const election::Policy& policy = core->election->policy.value();
  EXPECT_THAT(policy.severities,
              ElementsAre(Pair(election::Rule::kCastAboveRegistered, election::Severity::kWarn)));
  EXPECT_EQ(policy.invalid_share_high_hundredths, 250);
  EXPECT_EQ(policy.blank_share_high_hundredths, 1000);
  EXPECT_EQ(policy.polls_close_at, absl::FromUnixMicros(1'707'318'000'000'250));
  EXPECT_THAT(core->election->names,
              ElementsAre(Pair("az", "Prezident seçkisi"), Pair("en", "Presidential election")));
  EXPECT_EQ(core->contests[0].candidates[0].withdrawn, false);
  EXPECT_EQ(core->sources[0].kind, election::SourceKind::kExitPoll);
  EXPECT_EQ(core->stations[0].registered_voters, 0);
  EXPECT_EQ(core->stations[0].counted_at_station_id, "");
  EXPECT_EQ(core->Parts(), 5);
}

TEST(DefinitionProtoTest, WhatIsLeftOutStaysLeftOut) {
  const v1::DefinitionChange change = ChangeOf(R"(election { election_id: "e" }
    contests { contest_id: "c" candidates { candidate_id: "x" } } stations { station_id: "s" })");
  const auto core = FromProto(change);
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_FALSE(core->election->policy.has_value());
  EXPECT_FALSE(core->election->rehearsal.has_value());
  EXPECT_FALSE(core->contests[0].blank_votes_valid.has_value());
  EXPECT_FALSE(core->contests[0].candidates[0].withdrawn.has_value());
  EXPECT_FALSE(core->stations[0].registered_voters.has_value());
  EXPECT_FALSE(core->stations[0].closed_reason.has_value());
  EXPECT_EQ(ToProto(*core).DebugString(), change.DebugString());
}

TEST(DefinitionProtoTest, AnEmptyPolicyIsTheDefault) {
  const auto core = FromProto(ChangeOf("election { policy {} }"));
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_EQ(core->election->policy, election::Policy{});
  EXPECT_EQ(ToProto(*core).election().policy().invalid_share_high_percent(), "3");
  EXPECT_EQ(ToProto(*core).election().policy().blank_share_high_percent(), "3");
}

// A severity equal to the default is no difference: the same definition again changes nothing.
TEST(DefinitionProtoTest, SeveritiesAreThoseThatDiffer) {
  const auto core = FromProto(ChangeOf(
      R"(election { policy { severities { key: "CAST_ABOVE_REGISTERED" value: SEVERITY_HOLD } } })"));
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_THAT(core->election->policy->severities, IsEmpty());
}

struct BadPolicy {
  std::string text;
  std::string reason;
  std::string field;
};

class BadPolicyTest : public testing::TestWithParam<BadPolicy> {};

TEST_P(BadPolicyTest, IsRefusedAndNamed) {
  const auto core = FromProto(ChangeOf("election { policy { " + GetParam().text + " } }"));
  ASSERT_FALSE(core.ok());
  EXPECT_EQ(core.status().code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetail detail = DetailOf(core.status());
  EXPECT_EQ(detail.reason, GetParam().reason);
  ASSERT_EQ(detail.violations.size(), 1);
  EXPECT_EQ(detail.violations.front().field, "definition.election.policy." + GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadPolicyTest,
    testing::Values(BadPolicy{R"(severities { key: "NO_SUCH" value: SEVERITY_WARN })",
                              "RULE_UNKNOWN", "severities[\"NO_SUCH\"]"},
                    BadPolicy{R"(severities { key: "NO_BALLOTS" value: SEVERITY_UNSPECIFIED })",
                              "SEVERITY_MISSING", "severities[\"NO_BALLOTS\"]"},
                    BadPolicy{R"(invalid_share_high_percent: "3,5")", "DECIMAL_MALFORMED",
                              "invalid_share_high_percent"},
                    BadPolicy{R"(blank_share_high_percent: "3.123")", "DECIMAL_MALFORMED",
                              "blank_share_high_percent"},
                    BadPolicy{R"(blank_share_high_percent: "-1")", "COUNT_OUT_OF_RANGE",
                              "blank_share_high_percent"},
                    BadPolicy{R"(blank_share_high_percent: "100.01")", "COUNT_OUT_OF_RANGE",
                              "blank_share_high_percent"},
                    BadPolicy{R"(blank_share_high_percent: "9000")", "COUNT_OUT_OF_RANGE",
                              "blank_share_high_percent"}));

}  // namespace
}  // namespace canvass::rpc
