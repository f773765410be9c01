#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_ELECTION_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_ELECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "canvass/v1/ledger.pb.h"
#include "canvass/v1/report.pb.h"

namespace canvass::cli::bench {

// The area of the whole country.
inline constexpr char kBenchCountry[] = "country";

// Synthetic election with one contest and one official source: a country, regions, and
// constituencies of some 2 000 stations. The same arguments give the same reports, and every report
// passes every rule without a warning. Immutable.
class BenchElection {
 public:
  BenchElection(std::string id, std::int64_t stations, int candidates, std::uint64_t seed);

  const std::string& id() const { return id_; }
  std::int64_t stations() const { return stations_; }

  v1::DefinitionChange Definition() const;
  // Returns the report of station number `station`, from 0.
  v1::StationReport ReportOf(std::int64_t station) const;
  // Returns every station once, in a random order.
  std::vector<std::int64_t> ShuffledStations() const;
  // Returns the sum of all candidates' votes in the reports of the first `count` of these stations.
  std::int64_t VotesOf(const std::vector<std::int64_t>& stations, std::size_t count) const;

 private:
  std::int64_t Votes(std::int64_t station, int candidate) const;

  const std::string id_;
  const std::int64_t stations_;
  const int candidates_;
  const std::uint64_t seed_;
};

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_ELECTION_H_
