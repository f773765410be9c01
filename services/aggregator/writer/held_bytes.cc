#include "services/aggregator/writer/held_bytes.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/election/report.h"

namespace canvass::aggregator {
namespace {

// Each function returns what a value holds beside itself.

std::size_t HeldBeside(const std::string& text) {
  static const std::size_t kInPlace = std::string().capacity();
  return text.capacity() <= kInPlace ? 0 : text.capacity() + 1;
}

std::size_t HeldBeside(const std::optional<std::string>& text) {
  return text.has_value() ? HeldBeside(*text) : 0;
}

// Declared before the template that calls them.
std::size_t HeldBeside(const std::pair<std::string, std::string>& words);
std::size_t HeldBeside(const election::Document& document);
std::size_t HeldBeside(const election::CandidateCount& count);
std::size_t HeldBeside(const election::Candidate& candidate);
std::size_t HeldBeside(const election::Contest& contest);
std::size_t HeldBeside(const election::Source& source);
std::size_t HeldBeside(const election::Area& area);
std::size_t HeldBeside(const election::Station& station);

template <typename Part>
std::size_t HeldBeside(const std::vector<Part>& parts) {
  std::size_t bytes = parts.capacity() * sizeof(Part);
  for (const Part& part : parts) bytes += HeldBeside(part);
  return bytes;
}

std::size_t HeldBeside(const std::pair<std::string, std::string>& words) {
  return HeldBeside(words.first) + HeldBeside(words.second);
}

std::size_t HeldBeside(const election::Document& document) {
  return HeldBeside(document.sha256) + HeldBeside(document.uri);
}

std::size_t HeldBeside(const election::CandidateCount& count) {
  return HeldBeside(count.candidate_id);
}

std::size_t HeldBeside(const election::StationReport& report) {
  std::size_t bytes = HeldBeside(report.election_id) + HeldBeside(report.contest_id) +
                      HeldBeside(report.source_id) + HeldBeside(report.station_id) +
                      HeldBeside(report.reason) + HeldBeside(report.documents);
  if (const auto* ballots = std::get_if<election::BallotCount>(&report.count)) {
    bytes += HeldBeside(ballots->votes);
  } else if (const auto* interviews = std::get_if<election::InterviewCount>(&report.count)) {
    bytes += HeldBeside(interviews->answers);
  }
  return bytes;
}

std::size_t HeldBeside(const election::Candidate& candidate) {
  return HeldBeside(candidate.id) + HeldBeside(candidate.names) +
         HeldBeside(candidate.affiliations);
}

std::size_t HeldBeside(const election::Contest& contest) {
  return HeldBeside(contest.id) + HeldBeside(contest.names) + HeldBeside(contest.area_id) +
         HeldBeside(contest.candidates);
}

std::size_t HeldBeside(const election::Source& source) {
  return HeldBeside(source.id) + HeldBeside(source.names) + HeldBeside(source.organisations) +
         HeldBeside(source.sample_tag) + HeldBeside(source.design_effect);
}

std::size_t HeldBeside(const election::Area& area) {
  return HeldBeside(area.id) + HeldBeside(area.parent_id) + HeldBeside(area.kind) +
         HeldBeside(area.names);
}

std::size_t HeldBeside(const election::Station& station) {
  return HeldBeside(station.id) + HeldBeside(station.area_id) + HeldBeside(station.names) +
         HeldBeside(station.tags) + HeldBeside(station.counted_at_station_id) +
         HeldBeside(station.closed_reason);
}

std::size_t HeldBeside(const election::Election& election) {
  return HeldBeside(election.id) + HeldBeside(election.names) + HeldBeside(election.languages) +
         HeldBeside(election.notices);
}

}  // namespace

std::size_t HeldBytes(const std::vector<SubmittedReport>& reports) {
  std::size_t bytes = reports.capacity() * sizeof(SubmittedReport);
  for (const SubmittedReport& each : reports) {
    bytes += HeldBeside(each.report) + HeldBeside(each.actor) + sizeof(Receipt);
  }
  return bytes;
}

std::size_t HeldBytes(const election::DefinitionChange& change) {
  std::size_t bytes = sizeof(change) + HeldBeside(change.contests) + HeldBeside(change.sources) +
                      HeldBeside(change.areas) + HeldBeside(change.stations) +
                      HeldBeside(change.reason);
  if (change.election.has_value()) bytes += HeldBeside(*change.election);
  return bytes;
}

std::size_t HeldBytes(const Receipt& receipt) {
  constexpr std::size_t kFindingBytes = 400;  // numbers, names and a sentence
  std::size_t bytes = sizeof(receipt);
  for (const election::Finding& finding : receipt.findings) {
    bytes += kFindingBytes + finding.field.size() + finding.subject.size();
  }
  return bytes;
}

}  // namespace canvass::aggregator
