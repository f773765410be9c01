#include "services/canvass/bench/bench_election.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace canvass::cli::bench {
namespace {

constexpr char kContest[] = "president";
constexpr char kSource[] = "commission";
constexpr std::int64_t kStationsPerConstituency = 2'000;
constexpr std::int64_t kConstituenciesPerRegion = 15;
constexpr std::int64_t kVotesPerCandidateMax = 120;

std::string CandidateId(int candidate) { return absl::StrFormat("candidate-%02d", candidate + 1); }
std::string ConstituencyId(std::int64_t station) {
  return absl::StrCat("c-", station / kStationsPerConstituency + 1);
}
std::string StationId(std::int64_t station) {
  return absl::StrCat(ConstituencyId(station), "-s-", station % kStationsPerConstituency + 1);
}

// Mixes the bits of a number (splitmix64).
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EB;
  return x ^ (x >> 31U);
}

void AddArea(v1::DefinitionChange& definition, const std::string& id, const std::string& parent,
             const std::string& kind) {
  v1::Area& area = *definition.add_areas();
  area.set_area_id(id);
  area.set_parent_area_id(parent);
  area.set_kind(kind);
  (*area.mutable_names())["en"] = absl::StrCat("The ", kind, " ", id);
}

}  // namespace

BenchElection::BenchElection(std::string id, std::int64_t stations, int candidates,
                             std::uint64_t seed)
    : id_(std::move(id)), stations_(stations), candidates_(candidates), seed_(seed) {}

v1::DefinitionChange BenchElection::Definition() const {
  v1::DefinitionChange definition;
  v1::Election& election = *definition.mutable_election();
  election.set_election_id(id_);
  (*election.mutable_names())["en"] = "A made-up election, to measure with";
  election.add_languages("en");
  election.set_polling_date("2024-02-07");
  election.set_time_zone("Asia/Baku");
  election.set_rehearsal(true);
  v1::Contest& contest = *definition.add_contests();
  contest.set_contest_id(kContest);
  (*contest.mutable_names())["en"] = "President";
  for (int candidate = 0; candidate < candidates_; ++candidate) {
    v1::Candidate& added = *contest.add_candidates();
    added.set_candidate_id(CandidateId(candidate));
    (*added.mutable_names())["en"] = absl::StrCat("Candidate No. ", candidate + 1);
  }
  v1::Source& source = *definition.add_sources();
  source.set_source_id(kSource);
  source.set_kind(v1::SOURCE_KIND_OFFICIAL);
  (*source.mutable_names())["en"] = "Commission";
  AddArea(definition, kBenchCountry, "", "country");
  const std::int64_t constituencies =
      (stations_ + kStationsPerConstituency - 1) / kStationsPerConstituency;
  for (std::int64_t constituency = 0; constituency < constituencies; ++constituency) {
    const std::string region = absl::StrCat("r-", constituency / kConstituenciesPerRegion + 1);
    if (constituency % kConstituenciesPerRegion == 0) {
      AddArea(definition, region, kBenchCountry, "region");
    }
    AddArea(definition, ConstituencyId(constituency * kStationsPerConstituency), region,
            "constituency");
  }
  definition.mutable_stations()->Reserve(static_cast<int>(stations_));
  for (std::int64_t number = 0; number < stations_; ++number) {
    v1::Station& station = *definition.add_stations();
    station.set_station_id(StationId(number));
    station.set_area_id(ConstituencyId(number));
    (*station.mutable_names())["en"] =
        absl::StrCat("Polling station No. ", number % kStationsPerConstituency + 1);
    station.set_registered_voters(candidates_ * kVotesPerCandidateMax);
  }
  return definition;
}

v1::StationReport BenchElection::ReportOf(std::int64_t station) const {
  v1::StationReport report;
  report.set_election_id(id_);
  report.set_contest_id(kContest);
  report.set_source_id(kSource);
  report.set_station_id(StationId(station));
  report.set_revision(1);
  v1::BallotCount& ballots = *report.mutable_ballots();
  std::int64_t votes = 0;
  for (int candidate = 0; candidate < candidates_; ++candidate) {
    v1::CandidateCount& count = *ballots.add_votes();
    count.set_candidate_id(CandidateId(candidate));
    count.set_count(Votes(station, candidate));
    votes += count.count();
  }
  const std::int64_t spoilt = votes / 100;
  ballots.set_blank_votes(spoilt);
  ballots.set_invalid_votes(spoilt);
  ballots.set_ballots_cast(votes + 2 * spoilt);
  ballots.set_ballots_issued(ballots.ballots_cast());
  ballots.set_registered_voters(ballots.ballots_cast() * 5 / 4 + 1);
  return report;
}

std::vector<std::int64_t> BenchElection::ShuffledStations() const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(stations_));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::mt19937_64 random(seed_);
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

std::int64_t BenchElection::VotesOf(const std::vector<std::int64_t>& stations,
                                    std::size_t count) const {
  std::int64_t votes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (int candidate = 0; candidate < candidates_; ++candidate) {
      votes += Votes(stations[i], candidate);
    }
  }
  return votes;
}

// Returns at least 1, so every station has ballots.
std::int64_t BenchElection::Votes(std::int64_t station, int candidate) const {
  const std::uint64_t place =
      static_cast<std::uint64_t>(station) * 1'000 + static_cast<std::uint64_t>(candidate);
  return 1 + static_cast<std::int64_t>(Mix(place ^ Mix(seed_)) % kVotesPerCandidateMax);
}

}  // namespace canvass::cli::bench
