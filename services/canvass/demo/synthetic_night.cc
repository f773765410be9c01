#include "services/canvass/demo/synthetic_night.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace canvass::cli {
namespace {

using election::BallotCount;
using election::CandidateCount;

constexpr std::uint64_t kSeed = 20240207;

// Random integers from a generator whose sequence the C++ standard fixes. The standard does not fix
// its distributions.
class Dice {
 public:
  // Uniform in [low, high]. The bias of the remainder is negligible here.
  std::int64_t Uniform(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  // Bell-shaped in [low, high]: the mean of three uniform numbers.
  std::int64_t Bell(std::int64_t low, std::int64_t high) {
    return (Uniform(low, high) + Uniform(low, high) + Uniform(low, high)) / 3;
  }
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1],
                items[static_cast<std::size_t>(Uniform(0, static_cast<std::int64_t>(i) - 1))]);
    }
  }

 private:
  std::mt19937_64 engine_{kSeed};  // NOLINT(bugprone-random-generator-seed): the same every time
};

// Splits `total` exactly in proportion to `weights`. Rounds down first, then distributes the rest
// by largest remainder.
std::vector<std::int64_t> Apportion(std::int64_t total, const std::vector<std::int64_t>& weights) {
  const std::int64_t weight_sum = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  std::vector<std::int64_t> parts(weights.size());
  std::vector<std::pair<std::int64_t, std::size_t>> remainders(weights.size());
  std::int64_t given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const __int128 product = static_cast<__int128>(total) * weights[i];
    parts[i] = static_cast<std::int64_t>(product / weight_sum);
    remainders[i] = {-static_cast<std::int64_t>(product % weight_sum), i};
    given += parts[i];
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; i < static_cast<std::size_t>(total - given); ++i)
    ++parts[remainders[i].second];
  return parts;
}

// Kind of a station, which determines its size and turnout.
enum class Place : std::uint8_t { kOrdinary, kLiberated, kAbroad };

struct SyntheticStation {
  std::string id;
  std::string area_id;
  int number = 0;  // within its constituency
  Place place = Place::kOrdinary;
  std::int64_t size = 0;  // expected valid votes
  BallotCount ballots;
};

std::int64_t TurnoutInPermille(Place place, Dice& dice) {
  switch (place) {
    case Place::kLiberated:
      return dice.Bell(850, 930);
    case Place::kAbroad:
      return dice.Bell(550, 850);
    case Place::kOrdinary:
      break;
  }
  return dice.Bell(640, 890);
}

std::int64_t SizeOf(Place place, const PublishedNight& facts, Dice& dice) {
  switch (place) {
    case Place::kLiberated: {
      // Voters per station, reduced by absent voters and by ballots without a valid vote.
      const std::int64_t mean =
          facts.voters_liberated_about / facts.stations_liberated * 915 / 1000;
      return dice.Bell(mean - 60, mean + 60);
    }
    case Place::kAbroad:
      return dice.Bell(90, 520);
    case Place::kOrdinary:
      break;
  }
  return dice.Bell(120, 1420);
}

std::vector<SyntheticStation> LayOutStations(const PublishedNight& facts, Dice& dice) {
  std::vector<std::int64_t> weights(static_cast<std::size_t>(facts.constituencies));
  for (std::int64_t& weight : weights) weight = dice.Bell(38, 66);
  const std::vector<std::int64_t> counts = Apportion(facts.stations, weights);
  std::vector<SyntheticStation> stations;
  stations.reserve(static_cast<std::size_t>(facts.stations));
  for (std::size_t c = 0; c < counts.size(); ++c) {
    for (std::int64_t s = 1; s <= counts[c]; ++s) {
      SyntheticStation station;
      station.area_id = absl::StrCat("c-", c + 1);
      station.id = absl::StrCat(station.area_id, "-s-", s);
      station.number = static_cast<int>(s);
      stations.push_back(std::move(station));
    }
  }
  return stations;
}

// Stations in the liberated territories are taken from the last constituencies, and stations abroad
// from several others.
void ChoosePlaces(const PublishedNight& facts, std::vector<SyntheticStation>& stations) {
  const auto total = stations.size();
  for (std::size_t i = 0; i < static_cast<std::size_t>(facts.stations_liberated); ++i) {
    stations[total - 1 - i * 15].place = Place::kLiberated;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(facts.stations_abroad); ++i) {
    stations[i * 23].place = Place::kAbroad;
  }
}

using Group = std::vector<SyntheticStation*>;

// Distributes votes that add up to exactly `totals` among the stations of a group. Shares of small
// candidates vary more.
void SplitVotes(const std::vector<std::pair<std::string, std::int64_t>>& totals, const Group& group,
                Dice& dice) {
  std::int64_t total_votes = 0;
  for (const auto& [candidate, votes] : totals) total_votes += votes;
  for (const auto& [candidate, votes] : totals) {
    const bool leads = votes * 2 > total_votes;
    std::vector<std::int64_t> weights;
    weights.reserve(group.size());
    for (const SyntheticStation* station : group) {
      weights.push_back(station->size * (leads ? dice.Bell(970, 1030) : dice.Bell(300, 1700)));
    }
    const std::vector<std::int64_t> parts = Apportion(votes, weights);
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i]->ballots.votes.push_back(
          CandidateCount{.candidate_id = candidate, .count = parts[i]});
    }
  }
}

std::int64_t ValidVotes(const BallotCount& ballots) {
  std::int64_t sum = 0;
  for (const CandidateCount& candidate : ballots.votes) sum += candidate.count.value_or(0);
  return sum;
}

// Sets all ballot counts except the candidates' votes.
void FillProtocol(SyntheticStation& station, Dice& dice) {
  BallotCount& ballots = station.ballots;
  const std::int64_t valid = ValidVotes(ballots);
  ballots.blank_votes = valid * dice.Bell(1, 11) / 1000;
  ballots.invalid_votes = valid * dice.Bell(3, 19) / 1000;
  ballots.ballots_cast = valid + *ballots.blank_votes + *ballots.invalid_votes;
  ballots.ballots_issued = *ballots.ballots_cast + dice.Uniform(0, 2);
  ballots.registered_voters =
      std::max(*ballots.ballots_issued,
               *ballots.ballots_cast * 1000 / TurnoutInPermille(station.place, dice)) +
      1;
}

std::vector<std::pair<std::string, std::int64_t>> Difference(const PublishedNight& facts,
                                                             const Announcement& more,
                                                             const Announcement* less) {
  std::vector<std::pair<std::string, std::int64_t>> difference;
  for (const election::Candidate& candidate : facts.definition.contests.front().candidates) {
    const std::int64_t subtrahend = less == nullptr ? 0 : less->votes.at(candidate.id);
    difference.emplace_back(candidate.id, more.votes.at(candidate.id) - subtrahend);
  }
  return difference;
}

// Stations by time of arrival: first those of the first announcement, which include the stations
// that are annulled later, then the rest.
struct Arrivals {
  Group lasting;   // in the first and the last announcement
  Group annulled;  // in the first announcement
  Group late;
};

Arrivals ChooseArrivals(const PublishedNight& facts, std::vector<SyntheticStation>& stations,
                        Dice& dice) {
  Group order;
  for (SyntheticStation& station : stations) order.push_back(&station);
  dice.Shuffle(order);
  const auto first = static_cast<std::size_t>(facts.announcements[0].stations_in);
  const auto annulled_count = static_cast<std::size_t>(facts.announcements[2].stations_annulled);
  Arrivals arrivals;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool annul = arrivals.annulled.size() < annulled_count && i % 500 == 250 &&
                       order[i]->place == Place::kOrdinary;
    auto& counted = annul ? arrivals.annulled : arrivals.lasting;
    (i >= first ? arrivals.late : counted).push_back(order[i]);
  }
  // If not enough of these positions hold ordinary stations, takes the rest from the end of the
  // first announcement.
  while (arrivals.annulled.size() < annulled_count) {
    arrivals.annulled.push_back(arrivals.lasting.back());
    arrivals.lasting.pop_back();
  }
  return arrivals;
}

void FillDefinition(const PublishedNight& facts, const std::vector<SyntheticStation>& stations,
                    election::DefinitionChange& definition) {
  definition = facts.definition;
  const std::string root = definition.areas.front().id;
  for (int c = 1; c <= facts.constituencies; ++c) {
    definition.areas.push_back({.id = absl::StrCat("c-", c),
                                .parent_id = root,
                                .kind = "constituency",
                                .names = {{"az", absl::StrCat(c, " saylı seçki dairəsi")},
                                          {"en", absl::StrCat("Constituency No. ", c)},
                                          {"ru", absl::StrCat("Избирательный округ № ", c)}}});
  }
  std::vector<std::int64_t> registered;
  registered.reserve(stations.size());
  for (const SyntheticStation& station : stations)
    registered.push_back(*station.ballots.registered_voters);
  const std::vector<std::int64_t> listed =
      Apportion(facts.registered_voters_on_the_list, registered);
  for (std::size_t i = 0; i < stations.size(); ++i) {
    election::Station station{
        .id = stations[i].id,
        .area_id = stations[i].area_id,
        .names = {{"en", absl::StrCat("Polling station No. ", stations[i].number)}},
        .registered_voters = listed[i]};
    if (stations[i].place == Place::kLiberated) station.tags.emplace_back("liberated-territory");
    if (stations[i].place == Place::kAbroad) station.tags.emplace_back("abroad");
    definition.stations.push_back(std::move(station));
  }
}

// Counting takes one to seven hours, and most stations arrive around midnight. Late stations arrive
// on the next day.
std::vector<absl::Duration> ArrivalTimes(std::size_t first, std::size_t late, Dice& dice) {
  std::vector<absl::Duration> times;
  times.reserve(first + late);
  for (std::size_t i = 0; i < first; ++i) times.push_back(absl::Seconds(dice.Bell(3600, 25200)));
  std::sort(times.begin(), times.end());
  std::vector<absl::Duration> rest;
  rest.reserve(late);
  for (std::size_t i = 0; i < late; ++i) rest.push_back(absl::Seconds(dice.Bell(50400, 72000)));
  std::sort(rest.begin(), rest.end());
  times.insert(times.end(), rest.begin(), rest.end());
  return times;
}

}  // namespace

SyntheticNight SplitByStation(const PublishedNight& facts) {
  assert(facts.announcements.size() == 3);
  Dice dice;
  std::vector<SyntheticStation> stations = LayOutStations(facts, dice);
  ChoosePlaces(facts, stations);
  for (SyntheticStation& station : stations) station.size = SizeOf(station.place, facts, dice);
  Arrivals arrivals = ChooseArrivals(facts, stations, dice);

  const Announcement& first = facts.announcements[0];
  const Announcement& complete = facts.announcements[1];
  const Announcement& last = facts.announcements[2];
  const auto annulled_votes = Difference(facts, complete, &last);
  auto lasting_votes = Difference(facts, first, nullptr);
  for (std::size_t i = 0; i < lasting_votes.size(); ++i)
    lasting_votes[i].second -= annulled_votes[i].second;
  SplitVotes(lasting_votes, arrivals.lasting, dice);
  SplitVotes(annulled_votes, arrivals.annulled, dice);
  SplitVotes(Difference(facts, complete, &first), arrivals.late, dice);
  for (SyntheticStation& station : stations) FillProtocol(station, dice);

  SyntheticNight night;
  FillDefinition(facts, stations, night.definition);
  Group order = arrivals.lasting;
  order.insert(order.end(), arrivals.annulled.begin(), arrivals.annulled.end());
  dice.Shuffle(order);
  const std::vector<absl::Duration> times = ArrivalTimes(order.size(), arrivals.late.size(), dice);
  order.insert(order.end(), arrivals.late.begin(), arrivals.late.end());
  const absl::Time closed = *facts.definition.election->policy->polls_close_at;
  for (std::size_t i = 0; i < order.size(); ++i) {
    election::StationReport report{.election_id = facts.definition.election->id,
                                   .contest_id = facts.definition.contests.front().id,
                                   .source_id = facts.definition.sources.front().id,
                                   .station_id = order[i]->id,
                                   .count = order[i]->ballots,
                                   .counted_at = closed + times[i]};
    night.reports.push_back({.report = std::move(report), .arrives_after = times[i]});
  }
  for (const SyntheticStation* station : arrivals.annulled) {
    night.annulled.push_back({.election_id = facts.definition.election->id,
                              .contest_id = facts.definition.contests.front().id,
                              .source_id = facts.definition.sources.front().id,
                              .station_id = station->id,
                              .revision = 1});
  }
  return night;
}

}  // namespace canvass::cli
