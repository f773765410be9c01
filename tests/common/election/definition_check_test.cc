#include "common/election/definition_check.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/election/changed_definition.h"

namespace canvass::election {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

// ---- What is accepted, and how it is filled in.

TEST(FirstDefinitionTest, EveryPartIsWhole) {
  const absl::StatusOr<DefinitionChange> change = CheckFirst(FirstRequest());
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->Parts(), 13U);
  EXPECT_THAT(change->election->languages, ElementsAre("az", "en"));
  EXPECT_EQ(change->contests[0].area_id, "country");
  EXPECT_EQ(change->contests[1].area_id, "north");
}

TEST(FirstDefinitionTest, PartsHaveOneForm) {
  DefinitionChange request = FirstRequest();
  request.election->names = {{"en", "Election"}, {"az", "Seçki"}};
  request.election->rehearsal = false;
  request.election->policy =
      Policy{.severities = {{Rule::kNoBallots, Severity::kOff},
                            {Rule::kCastAboveRegistered, Severity::kWarn},
                            {Rule::kVotesNotBalanced, Severity::kReject},
                            {Rule::kBlankShareHigh, Severity::kWarn}},
             .polls_close_at = absl::FromUnixMicros(1'707'318'000'000'000) + absl::Nanoseconds(7)};
  request.contests[0].blank_votes_valid = false;
  request.contests[0].candidates[0].withdrawn = false;
  request.stations[0].counted_at_station_id = "a";
  request.stations[1].counted_at_station_id = "";
  request.stations[1].closed_reason = "";

  const absl::StatusOr<DefinitionChange> change = CheckFirst(request);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->election->names, FirstRequest().election->names);
  EXPECT_EQ(change->election->rehearsal, std::nullopt);
  // Ordered by rule, without those that are the default.
  EXPECT_THAT(change->election->policy->severities,
              ElementsAre(Pair(Rule::kCastAboveRegistered, Severity::kWarn),
                          Pair(Rule::kNoBallots, Severity::kOff)));
  EXPECT_EQ(change->election->policy->polls_close_at, absl::FromUnixMicros(1'707'318'000'000'000));
  EXPECT_EQ(change->contests[0].blank_votes_valid, std::nullopt);
  EXPECT_EQ(change->contests[0].candidates[0].withdrawn, std::nullopt);
  EXPECT_EQ(change->stations[0].counted_at_station_id, std::nullopt);
  EXPECT_EQ(change->stations[1].counted_at_station_id, std::nullopt);
  EXPECT_EQ(change->stations[1].closed_reason, std::nullopt);
}

TEST(FirstDefinitionTest, AreasMayComeInAnyOrder) {
  DefinitionChange request = FirstRequest();
  std::swap(request.areas[0], request.areas[4]);
  EXPECT_TRUE(CheckFirst(request).ok());
}

TEST(FirstDefinitionTest, StationsMayComeLater) {
  DefinitionChange request = FirstRequest();
  request.stations.clear();
  EXPECT_TRUE(CheckFirst(request).ok());
}

// ---- What is refused.

std::vector<Refusal> Refusals() {
  return {
      {"PART_MISSING", "definition.election", "must be given",
       [](DefinitionChange& r) { r.election.reset(); }},
      {"PART_MISSING", "definition.contests", "must be given",
       [](DefinitionChange& r) { r.contests.clear(); }},
      {"PART_MISSING", "definition.sources", "must be given",
       [](DefinitionChange& r) { r.sources.clear(); }},
      {"PART_MISSING", "definition.areas", "must be given",
       [](DefinitionChange& r) { r.areas.clear(); }},
      {"PART_MISSING", "definition.contests[1].candidates", "contest \"mayor\": has no candidates",
       [](DefinitionChange& r) { r.contests[1].candidates.clear(); }},
      {"ID_MALFORMED", "definition.election.election_id", "\"E 1\" is not an id",
       [](DefinitionChange& r) { r.election->id = "E 1"; }},
      {"ID_MALFORMED", "definition.contests[0].candidates[1].candidate_id", "an id must be given",
       [](DefinitionChange& r) { r.contests[0].candidates[1].id = ""; }},
      {"ID_MALFORMED", "definition.stations[2].station_id", "station \"C\"",
       [](DefinitionChange& r) { r.stations[2].id = "C"; }},
      {"ID_MALFORMED", "definition.election.names", "is not a language tag",
       [](DefinitionChange& r) { r.election->names[0].first = "a_z"; }},
      {"ID_MALFORMED", "definition.election.languages", "one of the languages is empty",
       [](DefinitionChange& r) { r.election->languages = {""}; }},
      {"ID_MALFORMED", "definition.stations[0].tags", "one of the tags is empty",
       [](DefinitionChange& r) { r.stations[0].tags = {""}; }},
      {"ID_REPEATED", "definition.stations[2].station_id",
       "station \"a\": has the same id as definition.stations[0]",
       [](DefinitionChange& r) { r.stations[2].id = "a"; }},
      {"ID_REPEATED", "definition.areas[4].area_id", "has the same id as definition.areas[3]",
       [](DefinitionChange& r) { r.areas[4].id = "n-1"; }},
      {"ID_REPEATED", "definition.contests[1].contest_id",
       "has the same id as definition.contests[0]",
       [](DefinitionChange& r) { r.contests[1].id = "president"; }},
      {"ID_REPEATED", "definition.sources[1].source_id", "has the same id as definition.sources[0]",
       [](DefinitionChange& r) { r.sources[1].id = "cec"; }},
      {"ID_REPEATED", "definition.contests[0].candidates[1].candidate_id",
       "has the same id as candidates[0]",
       [](DefinitionChange& r) { r.contests[0].candidates[1].id = "ann"; }},
      {"ID_REPEATED", "definition.stations[2].station_id", "an area has the same id",
       [](DefinitionChange& r) { r.stations[2].id = "south"; }},
      {"ID_REPEATED", "definition.election.names", "language \"az\" is listed twice",
       [](DefinitionChange& r) { r.election->names[1].first = "az"; }},
      {"ID_REPEATED", "definition.stations[0].tags", "\"sample\" is listed twice",
       [](DefinitionChange& r) {
         r.stations[0].tags = {"sample", "abroad", "sample"};
       }},
      {"ID_REPEATED", "definition.election.policy.severities[NO_BALLOTS]", "twice",
       [](DefinitionChange& r) {
         r.election->policy = Policy{.severities = {{Rule::kNoBallots, Severity::kOff},
                                                    {Rule::kNoBallots, Severity::kHold}}};
       }},
      {"NAME_REPEATED", "definition.contests[0].candidates[1].names",
       "has the same name as candidate \"ann\": \"Ann\" (en)",
       [](DefinitionChange& r) {
         r.contests[0].candidates[1].names = {{"en", "Ann"}};
       }},
      {"PARENT_UNKNOWN", "definition.areas[3].parent_area_id",
       "area \"n-1\": area \"nowhere\" is not defined",
       [](DefinitionChange& r) { r.areas[3].parent_id = "nowhere"; }},
      {"AREA_CYCLE", "definition.areas[1].parent_area_id",
       "area \"north\": is inside itself: \"north\" in \"n-1\" in \"north\"",
       [](DefinitionChange& r) { r.areas[1].parent_id = "n-1"; }},
      {"AREA_CYCLE", "definition.areas[2].parent_area_id", "\"south\" in \"south\"",
       [](DefinitionChange& r) { r.areas[2].parent_id = "south"; }},
      {"AREA_CYCLE", "definition.areas[0].parent_area_id",
       "\"country\" in \"n-1\" in \"north\" in \"country\"",
       [](DefinitionChange& r) { r.areas[0].parent_id = "n-1"; }},
      {"ROOT_COUNT", "definition.areas",
       "2 areas have no parent: \"country\", \"south\"; exactly one must be the root",
       [](DefinitionChange& r) { r.areas[2].parent_id = ""; }},
      {"AREA_TOO_DEEP", "definition.areas[104].parent_area_id", "has 101 levels; at most 100",
       [](DefinitionChange& r) {
         for (int i = 0; i < 100; ++i) {
           r.areas.push_back({.id = absl::StrCat("deep-", i),
                              .parent_id = i == 0 ? "country" : absl::StrCat("deep-", i - 1)});
         }
       }},
      {"AREA_UNKNOWN", "definition.contests[1].area_id", "area \"x\" is not defined",
       [](DefinitionChange& r) { r.contests[1].area_id = "x"; }},
      {"DATE_MALFORMED", "definition.election.polling_date", "\"\" is not a calendar date",
       [](DefinitionChange& r) { r.election->polling_date = ""; }},
      {"TIME_ZONE_MALFORMED", "definition.election.time_zone", "\"Baku\" is not a time zone",
       [](DefinitionChange& r) { r.election->time_zone = "Baku"; }},
      {"TIME_ZONE_MALFORMED", "definition.election.time_zone", "is not a time zone",
       [](DefinitionChange& r) { r.election->time_zone = "/usr/share/zoneinfo/Asia/Baku"; }},
      {"TIME_ZONE_MALFORMED", "definition.election.time_zone", "is not a time zone",
       [](DefinitionChange& r) { r.election->time_zone = "../zoneinfo/Asia/Baku"; }},
      {"ID_MALFORMED", "definition.election.previous_election_id", "is not an id",
       [](DefinitionChange& r) { r.election->previous_election_id = "last year"; }},
      {"KIND_MISSING", "definition.sources[1].kind", "source \"poll\": has no kind",
       [](DefinitionChange& r) { r.sources[1].kind = SourceKind::kUnspecified; }},
      {"RULE_FIXED", "definition.election.policy.severities[VOTES_NOT_BALANCED]",
       "always SEVERITY_REJECT",
       [](DefinitionChange& r) {
         r.election->policy = Policy{.severities = {{Rule::kVotesNotBalanced, Severity::kWarn}}};
       }},
      {"RULE_FIXED", "definition.election.policy.severities[CONTEST_CERTIFIED]",
       "can only be SEVERITY_HOLD or SEVERITY_REJECT",
       [](DefinitionChange& r) {
         r.election->policy = Policy{.severities = {{Rule::kContestCertified, Severity::kOff}}};
       }},
      {"RULE_FIXED", "definition.election.policy.severities[NO_BALLOTS]", "must be given",
       [](DefinitionChange& r) {
         r.election->policy = Policy{.severities = {{Rule::kNoBallots, Severity::kUnspecified}}};
       }},
      {"COUNT_OUT_OF_RANGE", "definition.election.policy.invalid_share_high_percent", "is 100.01 %",
       [](DefinitionChange& r) {
         r.election->policy = Policy{.invalid_share_high_hundredths = 10'001};
       }},
      {"COUNT_OUT_OF_RANGE", "definition.election.policy.blank_share_high_percent", "is -0.01 %",
       [](DefinitionChange& r) { r.election->policy = Policy{.blank_share_high_hundredths = -1}; }},
      {"COUNT_OUT_OF_RANGE", "definition.stations[1].registered_voters",
       "is -1, but must be between 0 and 999999999",
       [](DefinitionChange& r) { r.stations[1].registered_voters = -1; }},
      {"COUNT_OUT_OF_RANGE", "definition.stations[1].registered_voters", "is 1000000000",
       [](DefinitionChange& r) { r.stations[1].registered_voters = 1'000'000'000; }},
      {"DECIMAL_MALFORMED", "definition.sources[1].design_effect", "\"1,6\" is not a decimal",
       [](DefinitionChange& r) { r.sources[1].design_effect = "1,6"; }},
      {"DECIMAL_MALFORMED", "definition.sources[1].design_effect", "above 0",
       [](DefinitionChange& r) { r.sources[1].design_effect = "0.0"; }},
      {"TEXT_TOO_LONG", "definition.stations[0].names", "has 1001 bytes; at most 1000",
       [](DefinitionChange& r) {
         r.stations[0].names = {{"en", std::string(1'001, 'x')}};
       }},
      {"TEXT_NOT_UTF8", "definition.contests[0].candidates[0].names", "is not UTF-8",
       [](DefinitionChange& r) { r.contests[0].candidates[0].names[0].second = "\xff"; }},
      {"TEXT_INVALID", "definition.areas[1].kind",
       "has U+0000 as character 2, a line break or control",
       [](DefinitionChange& r) { r.areas[1].kind = std::string("a\0b", 3); }},
      {"TEXT_NOT_UTF8", "definition.sources[0].organisations", "is not UTF-8",
       [](DefinitionChange& r) { r.sources[0].organisations = {"\xc3"}; }},
      {"TEXT_NOT_UTF8", "definition.stations[0].closed_reason", "is not UTF-8",
       [](DefinitionChange& r) { r.stations[0].closed_reason = "\xed\xa0\x80"; }},
      {"TEXT_NOT_UTF8", "definition.reason", "is not UTF-8",
       [](DefinitionChange& r) { r.reason = "\x80"; }},
      {"TEXT_INVALID", "definition.election.names", "the text in \"az\" is empty or blank",
       [](DefinitionChange& r) { r.election->names[0].second = ""; }},
      {"TEXT_INVALID", "definition.election.notices", "the text in \"en\" is empty or blank",
       [](DefinitionChange& r) {
         r.election->notices = {{"en", " \n"}};
       }},
      {"TEXT_INVALID", "definition.contests[0].candidates[0].names",
       "has U+200B ZERO WIDTH SPACE as character 4",
       [](DefinitionChange& r) { r.contests[0].candidates[0].names[0].second = "Ann\u200B"; }},
      {"TEXT_INVALID", "definition.contests[0].candidates[0].affiliations", "has U+202E",
       [](DefinitionChange& r) {
         r.contests[0].candidates[0].affiliations = {{"en", "\u202Eytrap"}};
       }},
      {"TEXT_INVALID", "definition.sources[0].names", "begins with U+0020 SPACE (character 1)",
       [](DefinitionChange& r) {
         r.sources[0].names = {{"en", " Commission"}};
       }},
      {"TEXT_INVALID", "definition.areas[1].names", "normalization form NFC",
       [](DefinitionChange& r) {
         r.areas[1].names = {{"az", "G\u0259nc\u0259 s\u0327\u0259h\u0259ri"}};
       }},
      {"TEXT_INVALID", "definition.stations[0].tags", "has U+000A as character 2",
       [](DefinitionChange& r) { r.stations[0].tags = {"a\nb"}; }},
      {"TEXT_INVALID", "definition.sources[0].sample_tag", "ends with U+0020 SPACE",
       [](DefinitionChange& r) { r.sources[0].sample_tag = "sample "; }},
      {"TEXT_INVALID", "definition.reason", "has U+2067 RIGHT-TO-LEFT ISOLATE as character 1",
       [](DefinitionChange& r) { r.reason = "\u2067x"; }},
      {"NAME_REPEATED", "definition.contests[0].candidates[1].names",
       "has the same name as candidate \"ann\"",
       [](DefinitionChange& r) {  // they differ in a joiner, which an Arabic name may have
         r.contests[0].candidates[0].names = {{"fa", "\u0645\u06CC\u200C\u062E"}};
         r.contests[0].candidates[1].names = {{"fa", "\u0645\u06CC\u062E"}};
       }},
      {"ID_REPEATED", "definition.stations[0].tags", "is listed twice",
       [](DefinitionChange& r) {
         r.stations[0].tags = {"a b", "a  b"};
       }},
      {"TOO_MANY_PARTS", "definition.election.names", "has 51 languages; at most 50",
       [](DefinitionChange& r) {
         r.election->languages = {"en"};
         while (r.election->names.size() < 51) {
           r.election->names.emplace_back(absl::StrCat("x-", r.election->names.size()), "x");
         }
       }},
      {"TOO_MANY_PARTS", "definition.contests[0].candidates", "has 1001 candidates; at most 1000",
       [](DefinitionChange& r) {
         std::vector<Candidate>& candidates = r.contests[0].candidates;
         while (candidates.size() < 1'001) {
           candidates.push_back({.id = absl::StrCat("c-", candidates.size())});
         }
       }},
      {"TOO_MANY_PARTS", "definition.sources", "there would be 101; at most 100",
       [](DefinitionChange& r) {
         while (r.sources.size() < 101) {
           r.sources.push_back({.id = absl::StrCat("s-", r.sources.size())});
         }
       }},
      {"TOO_MANY_PARTS", "definition.stations[0].tags", "has 101 tags; at most 100",
       [](DefinitionChange& r) {
         while (r.stations[0].tags.size() < 101) {
           r.stations[0].tags.push_back(absl::StrCat("t-", r.stations[0].tags.size()));
         }
       }},
  };
}

TEST(FirstDefinitionTest, RefusalsNameThePartAndTheReason) { ExpectRefused(Refusals()); }

TEST(FirstDefinitionTest, OnlyRealDates) {
  for (const std::string date : {"2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"}) {
    DefinitionChange request = FirstRequest();
    request.election->polling_date = date;
    EXPECT_TRUE(CheckFirst(request).ok()) << date;
  }
  for (const std::string date :
       {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-02-00", "2024-04-31",
        "2024-2-7", "24-02-07", "2024-02-07 ", "2024/02/07", "2024-02-07T00:00", "+024-02-07"}) {
    DefinitionChange request = FirstRequest();
    request.election->polling_date = date;
    EXPECT_EQ(DetailOf(CheckFirst(request).status()).reason, "DATE_MALFORMED") << date;
  }
}

TEST(FirstDefinitionTest, EveryProblemIsListedUpToALimit) {
  DefinitionChange request = FirstRequest();
  request.stations[0].area_id = "x";
  request.stations[2].area_id = "y";
  const absl::Status two = CheckFirst(request).status();
  EXPECT_EQ(
      two.message(),
      "definition.stations[0].area_id: station \"a\": area \"x\" is not defined (and 1 more)");
  EXPECT_THAT(DetailOf(two).violations,
              ElementsAre(FieldViolation{"definition.stations[0].area_id",
                                         "station \"a\": area \"x\" is not defined"},
                          FieldViolation{"definition.stations[2].area_id",
                                         "station \"c\": area \"y\" is not defined"}));

  for (int i = 0; i < 1'000; ++i) {
    request.stations.push_back({.id = absl::StrCat("s-", i), .area_id = "x"});
  }
  const absl::Status many = CheckFirst(request).status();
  EXPECT_THAT(DetailOf(many).violations, SizeIs(20));
  EXPECT_THAT(std::string(many.message()), HasSubstr("(and 1001 more)"));
}

TEST(FirstDefinitionTest, ErrorsAreTextWhateverWasSent) {
  DefinitionChange request = FirstRequest();
  request.stations[0].id = "\xff\xfe";
  const absl::Status status = CheckFirst(request).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"\\xff\\xfe\" is not an id"));
  request.stations[0].id = "x" + std::string(2'000, 'y');
  EXPECT_THAT(std::string(CheckFirst(request).status().message()), HasSubstr("yyy...\" is not"));
}

// ---- Changes.

TEST(DefinitionChangeTest, TheSameAgainChangesNothing) {
  const absl::StatusOr<DefinitionChange> change = CheckNext(FirstRequest());
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->Parts(), 0U);

  // As a reader would send it back.
  const Definition definition = FirstDefinition();
  const absl::StatusOr<DefinitionChange> whole =
      CheckDefinitionChange(&definition, FakeCountedParts(),
                            {.election = definition.election(),
                             .contests = definition.contests(),
                             .sources = definition.sources(),
                             .areas = definition.areas(),
                             .stations = definition.stations()});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->Parts(), 0U);
}

TEST(DefinitionChangeTest, WhatIsLeftOutStays) {
  const absl::StatusOr<DefinitionChange> change =
      CheckNext({.election = Election{.id = "e-1", .time_zone = "Europe/Berlin"},
                 .contests = {{.id = "president", .names = {{"az", "Prezident"}}}},
                 .sources = {{.id = "poll", .design_effect = "1.6"}},
                 .areas = {{.id = "north", .kind = "region"}},
                 .stations = {{.id = "a", .registered_voters = 501}, {.id = "b"}},
                 .reason = "A better register"});
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->Parts(), 5U);
  EXPECT_EQ(change->reason, "A better register");

  Election election = FirstDefinition().election();
  election.time_zone = "Europe/Berlin";
  EXPECT_EQ(change->election, election);
  Contest contest = FirstDefinition().contests()[0];
  contest.names = {{"az", "Prezident"}};
  EXPECT_THAT(change->contests, ElementsAre(contest));
  Source source = FirstDefinition().sources()[1];
  source.design_effect = "1.6";
  EXPECT_THAT(change->sources, ElementsAre(source));
  Area area = FirstDefinition().areas()[1];
  area.kind = "region";
  EXPECT_THAT(change->areas, ElementsAre(area));
  Station station = FirstDefinition().stations()[0];
  station.registered_voters = 501;
  EXPECT_THAT(change->stations, ElementsAre(station));
}

TEST(DefinitionChangeTest, CandidatesAreMatchedById) {
  const absl::StatusOr<DefinitionChange> change =
      CheckNext({.contests = {{.id = "president",
                               .candidates = {{.id = "ann", .withdrawn = true}, {.id = "bob"}}}},
                 .reason = "Ann withdrew"});
  ASSERT_TRUE(change.ok()) << change.status();
  Contest contest = FirstDefinition().contests()[0];
  contest.candidates[0].withdrawn = true;
  EXPECT_THAT(change->contests, ElementsAre(contest));
}

TEST(DefinitionChangeTest, APolicyReplacesTheOneBefore) {
  Definition definition = FirstDefinition();
  const FakeCountedParts none;
  const auto set = [&](const Policy& policy) {
    absl::StatusOr<DefinitionChange> change = CheckDefinitionChange(
        &definition, none, {.election = Election{.policy = policy}, .reason = "decided"});
    ASSERT_TRUE(change.ok()) << change.status();
    definition.Apply(*std::move(change));
  };
  set({.severities = {{Rule::kNoBallots, Severity::kHold}}, .invalid_share_high_hundredths = 500});
  EXPECT_EQ(definition.policy().invalid_share_high_hundredths, 500);
  set({.severities = {{Rule::kNoRegisteredVoters, Severity::kHold}}});
  EXPECT_EQ(definition.policy().invalid_share_high_hundredths, 300);
  EXPECT_THAT(definition.policy().severities,
              ElementsAre(Pair(Rule::kNoRegisteredVoters, Severity::kHold)));
  set({});
  EXPECT_EQ(definition.policy(), Policy());
}

TEST(DefinitionChangeTest, TheRootMayGetAParent) {
  const absl::StatusOr<DefinitionChange> change =
      CheckNext({.contests = {{.id = "senate", .candidates = {{.id = "x"}}}},
                 .areas = {{.id = "world"}, {.id = "country", .parent_id = "world"}},
                 .reason = "Stations abroad"});
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->contests[0].area_id, "world");
  Definition definition = FirstDefinition();
  definition.Apply(*change);
  EXPECT_EQ(definition.RootArea(), 5);
}

TEST(DefinitionChangeTest, ChecksTheMergedWhole) {
  const auto reason_of = [](const DefinitionChange& request) {
    return DetailOf(CheckNext(request).status()).reason;
  };
  // Against parts that were defined before.
  EXPECT_EQ(reason_of({.stations = {{.id = "north", .area_id = "south"}}, .reason = "r"}),
            "ID_REPEATED");
  EXPECT_EQ(reason_of({.areas = {{.id = "a", .parent_id = "south"}}, .reason = "r"}),
            "ID_REPEATED");
  EXPECT_EQ(reason_of({.areas = {{.id = "country", .parent_id = "n-1"}}, .reason = "r"}),
            "AREA_CYCLE");
  EXPECT_EQ(reason_of({.areas = {{.id = "second"}}, .reason = "r"}), "ROOT_COUNT");
  EXPECT_EQ(reason_of({.stations = {{.id = "d"}}, .reason = "r"}), "AREA_UNKNOWN");
  EXPECT_EQ(reason_of({.sources = {{.id = "new"}}, .reason = "r"}), "KIND_MISSING");
  EXPECT_EQ(reason_of({.contests = {{.id = "new"}}, .reason = "r"}), "PART_MISSING");
  EXPECT_EQ(reason_of({.election = Election{.id = "e-2"}, .reason = "r"}), "ID_MALFORMED");
  EXPECT_EQ(
      reason_of(
          {.contests = {{.id = "president",
                         .candidates = {{.id = "ann"}, {.id = "bob", .names = {{"en", "Ann"}}}}}},
           .reason = "r"}),
      "NAME_REPEATED");
}

TEST(DefinitionChangeTest, NeedsAReason) {
  for (const std::string reason : {"", " \n"}) {
    const absl::Status status =
        CheckNext({.stations = {{.id = "b", .registered_voters = 3}}, .reason = reason}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(DetailOf(status).reason, "REASON_MISSING");
    EXPECT_EQ(DetailOf(status).violations[0].field, "definition.reason");
  }
}

// `length` areas, each in the one before it, the first in `parent`.
void AddChain(const std::string& name, const std::string& parent, int length,
              DefinitionChange& change) {
  for (int i = 0; i < length; ++i) {
    change.areas.push_back({.id = absl::StrCat(name, "-", i),
                            .parent_id = i == 0 ? parent : absl::StrCat(name, "-", i - 1)});
  }
}

TEST(DefinitionChangeTest, WhatLiesBelowAnAreaMovesWithIt) {
  DefinitionChange request = FirstRequest();
  AddChain("d", "country", 60, request);
  AddChain("e", "country", 60, request);
  Definition definition;
  definition.Apply(CheckFirst(request).value());
  const auto move_under = [&](const std::string& parent_id) {
    return CheckDefinitionChange(
               &definition, FakeCountedParts(),
               {.areas = {{.id = "e-0", .parent_id = parent_id}}, .reason = "A mistake"})
        .status();
  };
  // The country, 40 areas, 59 more: the deepest of those moved would have 100 levels.
  EXPECT_TRUE(move_under("d-38").ok());
  const absl::Status too_deep = move_under("d-39");
  EXPECT_EQ(DetailOf(too_deep).reason, "AREA_TOO_DEEP");
  EXPECT_EQ(DetailOf(too_deep).violations[0].field, "definition.areas[0].parent_area_id");
  EXPECT_THAT(std::string(too_deep.message()), HasSubstr("has 101 levels; at most 100"));
  EXPECT_EQ(DetailOf(move_under("e-59")).reason, "AREA_CYCLE");
}

// ---- Size.

// 100 contests of 2 candidates in one area, 100 sources, `areas` areas: 160 000 sums an area.
DefinitionChange WideRequest(int areas, const std::string& contest_area_id) {
  DefinitionChange request = FirstRequest();
  request.contests.clear();
  request.sources.clear();
  request.areas = {{.id = "country"}};
  request.stations.clear();
  for (int i = 0; i < 100; ++i) {
    request.contests.push_back({.id = absl::StrCat("c-", i),
                                .area_id = contest_area_id,
                                .candidates = {{.id = "x"}, {.id = "y"}}});
    request.sources.push_back({.id = absl::StrCat("s-", i), .kind = SourceKind::kParallelCount});
  }
  for (int i = 1; i < areas; ++i) {
    request.areas.push_back({.id = absl::StrCat("a-", i), .parent_id = "country"});
  }
  return request;
}

TEST(DefinitionSizeTest, WhatTheCountTakesOfMemoryIsLimited) {
  const absl::StatusOr<DefinitionChange> widest = CheckFirst(WideRequest(1'562, ""));
  ASSERT_TRUE(widest.ok()) << widest.status();
  for (const std::string area_id : {"", "country"}) {
    const absl::Status status = CheckFirst(WideRequest(1'600, area_id)).status();
    EXPECT_EQ(DetailOf(status).reason, "TOO_MANY_PARTS");
    EXPECT_EQ(DetailOf(status).violations[0].field, "definition.contests");
    EXPECT_THAT(std::string(status.message()), HasSubstr("256000000 sums"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("at most 250000000"));
  }
  // Contests of a few areas each may be many.
  EXPECT_TRUE(CheckFirst(WideRequest(1'600, "a-7")).ok());
  // Also where a change makes it so.
  Definition definition;
  definition.Apply(*widest);
  const absl::Status grown =
      CheckDefinitionChange(&definition, FakeCountedParts(),
                            {.areas = {{.id = "new", .parent_id = "a-7"}}, .reason = "r"})
          .status();
  EXPECT_EQ(DetailOf(grown).reason, "TOO_MANY_PARTS");
  EXPECT_THAT(std::string(grown.message()), HasSubstr("250080000 sums"));
}

TEST(DefinitionSizeTest, OneRegisterAtOnce) {
  constexpr int kAreas = 1'000;
  constexpr int kStations = 100'000;
  DefinitionChange request = FirstRequest();
  for (int i = 0; i < kAreas; ++i) {
    request.areas.push_back({.id = absl::StrCat("c-", i), .parent_id = "south"});
  }
  for (int i = 0; i < kStations; ++i) {
    request.stations.push_back({.id = absl::StrCat("c-", i / 100, "-s-", i % 100),
                                .area_id = absl::StrCat("c-", i / 100)});
  }
  absl::StatusOr<DefinitionChange> change = CheckFirst(request);
  ASSERT_TRUE(change.ok()) << change.status();
  Definition definition;
  definition.Apply(*std::move(change));
  EXPECT_EQ(definition.FindStation("c-999-s-99"), kStations + 2);
  const std::optional<int> area = definition.FindArea("c-999");
  ASSERT_TRUE(area.has_value());
  EXPECT_THAT(definition.StationsInArea(*area), SizeIs(100));
}

}  // namespace
}  // namespace canvass::election
