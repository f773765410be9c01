#include "services/aggregator/writer/refused_reports.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

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

}  // namespace

void RefusedReports::Add(Refusal refusal) {
  OfElection& kept = by_election_[refusal.report.election_id];
  std::deque<std::int64_t>& of_actor = kept.numbers_by_actor[refusal.actor];
  const std::int64_t number = ++last_number_;
  of_actor.push_back(number);
  kept.by_number.emplace(number, std::move(refusal));
  if (of_actor.size() > kKeptPerActorMax) Drop(kept, of_actor.front());
  if (kept.by_number.size() > kKeptPerElectionMax) Drop(kept, kept.by_number.begin()->first);
}

// REQUIRES: the refusal is the oldest of its actor. The oldest refusal of an election always is.
void RefusedReports::Drop(OfElection& kept, std::int64_t number) {
  const auto refusal = kept.by_number.find(number);
  const auto of_actor = kept.numbers_by_actor.find(refusal->second.actor);
  assert(of_actor->second.front() == number);
  of_actor->second.pop_front();
  if (of_actor->second.empty()) kept.numbers_by_actor.erase(of_actor);
  kept.by_number.erase(refusal);
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
    if (Matches(next->second, filter)) {
      listed.push_back({.number = next->first, .refusal = &next->second});
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
