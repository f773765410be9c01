#ifndef CANVASS_TESTS_FAULTS_TRIAL_ELECTION_H_
#define CANVASS_TESTS_FAULTS_TRIAL_ELECTION_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/v1/report.pb.h"

namespace canvass::faults {

inline constexpr int kSources = 2;  // an election commission and observers
inline constexpr int kEmbargoedSource = 1;
inline constexpr int kDistricts = 4;  // areas below the country
inline constexpr int kCandidates = 3;
// Areas as answers name them: the country, then its districts.
inline constexpr int kAreas = kDistricts + 1;

// One revision of one station's report.
struct ReportName {
  int source_no = 0;
  int station_no = 0;
  int revision = 1;

  auto operator<=>(const ReportName&) const = default;
};

// What a report says in numbers.
struct Ballots {
  std::array<std::int64_t, kCandidates> votes{};
  std::int64_t blank = 0;
  std::int64_t invalid = 0;

  std::int64_t cast() const;
  bool operator==(const Ballots&) const = default;
};

// The election that one seed attacks. What a report says follows from the seed, its name and its
// variant alone, so that whoever sends it again sends the same.
class TrialElection {
 public:
  // What the observers say is sealed until `embargo_ends`; InfinitePast: it is not.
  TrialElection(std::string id, std::uint64_t seed, int stations,
                absl::Time embargo_ends = absl::InfinitePast())
      : id_(std::move(id)), seed_(seed), stations_(stations), embargo_ends_(embargo_ends) {}

  const std::string& id() const { return id_; }
  int stations() const { return stations_; }
  // Whether the source is under embargo now.
  bool IsUnderEmbargo(int source_no) const {
    return source_no == kEmbargoedSource && absl::Now() < embargo_ends_;
  }
  aggregator::v1::DefineElectionRequest Definition() const;

  // Variant 0 is what the station means to say; the others have its key and differ.
  Ballots BallotsOf(const ReportName& name, int variant) const;
  v1::StationReport Report(const ReportName& name, int variant) const;
  // Some reports cast more than the registered voters: they are held.
  bool IsHeld(const ReportName& name) const;

  static int DistrictOf(int station_no) { return station_no % kDistricts; }
  static std::string StationId(int station_no);
  static int StationNo(const std::string& station_id);
  static std::string SourceId(int source_no);
  static int SourceNo(const std::string& source_id);
  // 0 is the country.
  static std::string AreaId(int area);

 private:
  const std::string id_;
  const std::uint64_t seed_;
  const int stations_;
  const absl::Time embargo_ends_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_TRIAL_ELECTION_H_
