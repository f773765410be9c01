#ifndef CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_
#define CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_

#include <set>

#include "absl/status/statusor.h"
#include "common/election/definition.h"
#include "common/election/definition_check.h"

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

}  // namespace canvass::election

#endif  // CANVASS_TESTS_COMMON_ELECTION_CHANGED_DEFINITION_H_
