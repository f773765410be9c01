#ifndef CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_
#define CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// A small definition, and changes of it.
namespace canvass::election {

// What has reports, by number.
class FakeCountedParts final : public CountedParts {
 public:
  std::set<int> contests;
  std::set<int> sources;
  std::set<int> stations;
  std::set<int> annulled_stations;  // of those, the ones whose reports no longer count

  bool HasReportsOfContest(int contest_no) const override { return contests.contains(contest_no); }
  bool HasReportsFromSource(int source_no) const override { return sources.contains(source_no); }
  bool HasReportsOfStation(int station_no) const override { return stations.contains(station_no); }
  bool HasCountingOrHeldReportOf(int station_no) const override {
    return stations.contains(station_no) && !annulled_stations.contains(station_no);
  }
};

// country > north > {n-1, n-2}, country > south; stations a, b in n-1, c in south.
inline DefinitionChange FirstRequest() {
  return {
      .election = Election{.id = "e-1",
                           .names = {{"az", "Seçki"}, {"en", "Election"}},
                           .polling_date = "2024-02-07",
                           .time_zone = "Asia/Baku"},
      .contests = {{.id = "president",
                    .names = {{"en", "President"}},
                    .candidates = {{.id = "ann", .names = {{"en", "Ann"}}},
                                   {.id = "bob", .names = {{"en", "Bob"}}}}},
                   {.id = "mayor", .area_id = "north", .candidates = {{.id = "cay"}}}},
      .sources = {{.id = "cec", .kind = SourceKind::kOfficial},
                  {.id = "poll", .kind = SourceKind::kExitPoll, .sample_tag = "sample"}},
      .areas = {{.id = "country"},
                {.id = "north", .parent_id = "country"},
                {.id = "south", .parent_id = "country"},
                {.id = "n-1", .parent_id = "north"},
                {.id = "n-2", .parent_id = "north"}},
      .stations = {{.id = "a", .area_id = "n-1", .tags = {"sample"}, .registered_voters = 500},
                   {.id = "b", .area_id = "n-1"},
                   {.id = "c", .area_id = "south"}},
  };
}

inline absl::StatusOr<DefinitionChange> CheckFirst(const DefinitionChange& request) {
  return CheckDefinitionChange(nullptr, FakeCountedParts(), request);
}

// The definition that FirstRequest makes.
inline Definition FirstDefinition() {
  Definition definition;
  definition.Apply(CheckFirst(FirstRequest()).value());
  return definition;
}

// A change of it.
inline absl::StatusOr<DefinitionChange> CheckNext(
    const DefinitionChange& request, const CountedParts& counted = FakeCountedParts()) {
  const Definition definition = FirstDefinition();
  return CheckDefinitionChange(&definition, counted, request);
}

// A mistake in FirstRequest, and the first violation that it causes.
struct Refusal {
  std::string_view reason;
  std::string_view field;
  std::string_view description;  // a part of it
  std::function<void(DefinitionChange&)> spoil;
};

// Expects that CheckFirst refuses FirstRequest with each of these mistakes.
inline void ExpectRefused(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    DefinitionChange request = FirstRequest();
    refusal.spoil(request);
    const absl::Status status = CheckFirst(request).status();
    SCOPED_TRACE(status);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << refusal.field;
    const ErrorDetail detail = DetailOf(status);
    EXPECT_EQ(detail.reason, refusal.reason);
    ASSERT_FALSE(detail.violations.empty());
    EXPECT_EQ(detail.violations[0].field, refusal.field);
    EXPECT_THAT(detail.violations[0].description,
                ::testing::HasSubstr(std::string(refusal.description)));
    EXPECT_THAT(std::string(status.message()),
                ::testing::HasSubstr(detail.violations[0].description));
  }
}

}  // namespace canvass::election

#endif  // CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_
