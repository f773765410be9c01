#include "tests/faults/trial_election.h"

#include <numeric>
#include <random>
#include <string>

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "common/rpc/report_proto.h"

namespace canvass::faults {
namespace {

constexpr int kVotesMax = 300;
constexpr int kRegistered = kCandidates * kVotesMax + 10;  // never below what a clean report casts
constexpr int kRegisteredWhenHeld = 1;                     // always below
constexpr int kOneHeldIn = 12;

constexpr std::array<const char*, kCandidates> kCandidateIds{"ann", "bob", "cyd"};

std::mt19937_64 RandomOf(std::uint64_t seed, const ReportName& name, int salt) {
  std::seed_seq sequence{seed,
                         seed >> 32U,
                         static_cast<std::uint64_t>(name.source_no),
                         static_cast<std::uint64_t>(name.station_no),
                         static_cast<std::uint64_t>(name.revision),
                         static_cast<std::uint64_t>(salt)};
  return std::mt19937_64(sequence);
}

}  // namespace

std::int64_t Ballots::cast() const {
  return std::accumulate(votes.begin(), votes.end(), blank + invalid);
}

aggregator::v1::DefineElectionRequest TrialElection::Definition() const {
  aggregator::v1::DefineElectionRequest request;
  request.set_election_id(id_);
  v1::DefinitionChange& parts = *request.mutable_definition();
  parts.mutable_election()->set_election_id(id_);
  (*parts.mutable_election()->mutable_names())["en"] = "Trial";
  parts.mutable_election()->set_polling_date("2025-05-04");
  parts.mutable_election()->set_time_zone("UTC");
  v1::Contest& contest = *parts.add_contests();
  contest.set_contest_id("president");
  (*contest.mutable_names())["en"] = "President";
  for (const char* const id : kCandidateIds) {
    v1::Candidate& candidate = *contest.add_candidates();
    candidate.set_candidate_id(id);
    (*candidate.mutable_names())["en"] = id;
  }
  for (int source = 0; source < kSources; ++source) {
    v1::Source& added = *parts.add_sources();
    added.set_source_id(SourceId(source));
    added.set_kind(source == 0 ? v1::SOURCE_KIND_OFFICIAL : v1::SOURCE_KIND_PARALLEL_COUNT);
    if (IsUnderEmbargo(source)) *added.mutable_visible_from() = rpc::ToProto(embargo_ends_);
  }
  for (int area = 0; area < kAreas; ++area) {
    v1::Area& added = *parts.add_areas();
    added.set_area_id(AreaId(area));
    added.set_kind(area == 0 ? "country" : "district");
    if (area > 0) added.set_parent_area_id(AreaId(0));
  }
  for (int station = 0; station < stations_; ++station) {
    v1::Station& added = *parts.add_stations();
    added.set_station_id(StationId(station));
    added.set_area_id(AreaId(1 + DistrictOf(station)));
  }
  return request;
}

Ballots TrialElection::BallotsOf(const ReportName& name, int variant) const {
  std::mt19937_64 random = RandomOf(seed_, name, 0);
  Ballots ballots;
  for (std::int64_t& votes : ballots.votes) {
    votes = static_cast<std::int64_t>(random() % kVotesMax);
  }
  ballots.votes.front() += 1 + variant;
  ballots.blank = static_cast<std::int64_t>(random() % 3);
  ballots.invalid = static_cast<std::int64_t>(random() % 3);
  return ballots;
}

bool TrialElection::IsHeld(const ReportName& name) const {
  return RandomOf(seed_, name, 1)() % kOneHeldIn == 0;
}

v1::StationReport TrialElection::Report(const ReportName& name, int variant) const {
  const Ballots ballots = BallotsOf(name, variant);
  v1::StationReport report;
  report.set_election_id(id_);
  report.set_contest_id("president");
  report.set_source_id(SourceId(name.source_no));
  report.set_station_id(StationId(name.station_no));
  report.set_revision(name.revision);
  if (name.revision > 1) report.set_reason(StrCat("recount ", name.revision));
  v1::BallotCount& count = *report.mutable_ballots();
  count.set_registered_voters(IsHeld(name) ? kRegisteredWhenHeld : kRegistered);
  count.set_ballots_cast(ballots.cast());
  count.set_blank_votes(ballots.blank);
  count.set_invalid_votes(ballots.invalid);
  for (std::size_t i = 0; i < kCandidateIds.size(); ++i) {
    v1::CandidateCount& votes = *count.add_votes();
    votes.set_candidate_id(kCandidateIds[i]);
    votes.set_count(ballots.votes[i]);
  }
  return report;
}

std::string TrialElection::StationId(int station_no) { return StrCat("s-", station_no); }

int TrialElection::StationNo(const std::string& station_id) {
  int number = -1;
  if (station_id.starts_with("s-") && absl::SimpleAtoi(station_id.substr(2), &number)) {
    return number;
  }
  return -1;
}

std::string TrialElection::SourceId(int source_no) {
  return source_no == 0 ? "commission" : "observers";
}

int TrialElection::SourceNo(const std::string& source_id) {
  return source_id == SourceId(0) ? 0 : 1;
}

std::string TrialElection::AreaId(int area) { return area == 0 ? "country" : StrCat("d-", area); }

}  // namespace canvass::faults
