#include "services/aggregator/writer/refused_reports.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/election/rule.h"

namespace canvass::aggregator {
namespace {

bool Matches(const Refusal& refusal, const RefusedReports::Filter& filter) {
  if (!filter.source_id.empty() && refusal.report.source_id != filter.source_id) return false;
  if (!filter.may_show(refusal)) return false;
  if (!filter.station_id.empty() && refusal.report.station_id != filter.station_id) return false;
  return filter.rule.empty() ||
         std::any_of(refusal.findings.begin(), refusal.findings.end(),
                     [&filter](const election::Finding& finding) {
                       return election::RuleName(finding.rule) == filter.rule;
                     });
}

bool IsContinuationByte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Cuts at the end of a UTF-8 character, and replaces NUL by a space.
void LimitText(std::string& text) {
  if (text.size() > RefusedReports::kTextBytesMax) {
    std::size_t end = RefusedReports::kTextBytesMax;
    while (end > 0 && IsContinuationByte(text[end])) --end;
    text.resize(end);
  }
  std::replace(text.begin(), text.end(), '\0', ' ');
}

template <typename Item>
void LimitList(std::vector<Item>& items) {
  if (items.size() > RefusedReports::kListItemsMax) items.resize(RefusedReports::kListItemsMax);
}

void LimitCounts(std::vector<election::CandidateCount>& counts) {
  LimitList(counts);
  for (election::CandidateCount& count : counts) LimitText(count.candidate_id);
}

std::size_t BytesOfCounts(const std::vector<election::CandidateCount>& counts) {
  std::size_t bytes = 0;
  for (const election::CandidateCount& count : counts) {
    bytes += sizeof(count) + count.candidate_id.size();
  }
  return bytes;
}

// Under which a refusal is kept.
std::string_view ElectionOf(const Refusal& refusal) {
  const bool unknown =
      !refusal.findings.empty() && refusal.findings[0].rule == election::Rule::kElectionUnknown;
  return unknown ? std::string_view() : std::string_view(refusal.report.election_id);
}

// Of one election and actor.
bool IsTooMuch(std::size_t count, std::size_t bytes) {
  return count > RefusedReports::kKeptPerActorMax || bytes > RefusedReports::kBytesPerActorMax;
}

}  // namespace

std::size_t BytesOf(const Refusal& refusal) {
  const election::StationReport& report = refusal.report;
  std::size_t bytes = sizeof(Refusal) + refusal.actor.size() + report.election_id.size() +
                      report.contest_id.size() + report.source_id.size() +
                      report.station_id.size() + report.reason.size();
  if (const auto* ballots = std::get_if<election::BallotCount>(&report.count)) {
    bytes += BytesOfCounts(ballots->votes);
  }
  if (const auto* interviews = std::get_if<election::InterviewCount>(&report.count)) {
    bytes += BytesOfCounts(interviews->answers);
  }
  for (const election::Document& document : report.documents) {
    bytes += sizeof(document) + document.sha256.size() + document.uri.size();
  }
  for (const election::Finding& finding : refusal.findings) {
    bytes += sizeof(finding) + finding.field.size() + finding.subject.size();
    for (const auto& number : finding.numbers) bytes += sizeof(number) + number.first.size();
  }
  return bytes;
}

std::size_t DropOld(std::vector<Refusal>& refusals) {
  struct Sum {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  std::map<std::pair<std::string_view, std::string_view>, Sum> sums;
  std::vector<bool> dropped(refusals.size());
  std::size_t left = 0;
  for (std::size_t i = refusals.size(); i-- > 0;) {
    Sum& sum = sums[{ElectionOf(refusals[i]), refusals[i].actor}];
    const std::size_t bytes = BytesOf(refusals[i]);
    ++sum.count;
    sum.bytes += bytes;
    dropped[i] = IsTooMuch(sum.count, sum.bytes);
    if (!dropped[i]) left += bytes;
  }
  std::size_t end = 0;
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    if (dropped[i]) continue;
    if (end != i) refusals[end] = std::move(refusals[i]);
    ++end;
  }
  refusals.resize(end);
  return left;
}

void RefusedReports::Add(Refusal refusal) {
  OfElection& kept = by_election_[std::string(ElectionOf(refusal))];
  OfActor& of_actor = kept.by_actor[refusal.actor];
  const std::int64_t number = ++last_number_;
  const std::size_t bytes = BytesOf(refusal);
  of_actor.numbers.push_back(number);
  of_actor.bytes += bytes;
  kept.bytes += bytes;
  kept.by_number.emplace(number, Kept{.refusal = std::move(refusal), .bytes = bytes});
  while (IsTooMuch(of_actor.numbers.size(), of_actor.bytes) && of_actor.numbers.size() > 1) {
    Drop(kept, of_actor.numbers.front());
  }
  while ((kept.by_number.size() > kKeptPerElectionMax || kept.bytes > kBytesPerElectionMax) &&
         kept.by_number.size() > 1) {
    Drop(kept, kept.by_number.begin()->first);
  }
}

// REQUIRES: the refusal is the oldest of its actor. The oldest refusal of an election always is.
void RefusedReports::Drop(OfElection& kept, std::int64_t number) {
  const auto found = kept.by_number.find(number);
  const auto of_actor = kept.by_actor.find(found->second.refusal.actor);
  assert(of_actor->second.numbers.front() == number);
  of_actor->second.numbers.pop_front();
  of_actor->second.bytes -= found->second.bytes;
  kept.bytes -= found->second.bytes;
  if (of_actor->second.numbers.empty()) kept.by_actor.erase(of_actor);
  kept.by_number.erase(found);
}

std::vector<RefusedReports::Numbered> RefusedReports::List(std::string_view election_id,
                                                           const Filter& filter,
                                                           std::int64_t before,
                                                           std::size_t limit) const {
  std::vector<Numbered> listed;
  const auto kept = by_election_.find(election_id);
  if (kept == by_election_.end()) return listed;
  const auto& by_number = kept->second.by_number;
  auto next = before == 0 ? by_number.end() : by_number.lower_bound(before);
  while (next != by_number.begin() && listed.size() < limit) {
    --next;
    const Refusal& refusal = next->second.refusal;
    if (Matches(refusal, filter)) {
      listed.push_back({.number = next->first, .refusal = &refusal});
    }
  }
  return listed;
}

void LimitTexts(std::vector<election::Finding>& findings) {
  for (election::Finding& finding : findings) {
    LimitText(finding.field);
    LimitText(finding.subject);
  }
}

Refusal WithinLimits(Refusal refusal) {
  election::StationReport& report = refusal.report;
  for (std::string* text : {&report.election_id, &report.contest_id, &report.source_id,
                            &report.station_id, &report.reason}) {
    LimitText(*text);
  }
  if (auto* ballots = std::get_if<election::BallotCount>(&report.count)) {
    LimitCounts(ballots->votes);
  }
  if (auto* interviews = std::get_if<election::InterviewCount>(&report.count)) {
    LimitCounts(interviews->answers);
  }
  LimitList(report.documents);
  for (election::Document& document : report.documents) {
    LimitText(document.sha256);
    LimitText(document.uri);
  }
  LimitTexts(refusal.findings);
  return refusal;
}

}  // namespace canvass::aggregator
