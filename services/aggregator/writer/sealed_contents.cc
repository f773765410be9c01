#include "services/aggregator/writer/sealed_contents.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace canvass::aggregator {
namespace {

using election::SealedEvent;

// What an event is about: contest, source, and station or area.
using Subject = std::tuple<bool, std::int32_t, std::int32_t, std::int32_t>;

Subject SubjectOf(const election::StationKey& key) {
  return {true, key.contest_no, key.source_no, key.station_no};
}

Subject SubjectOf(const SealedEvent& event) {
  return std::visit(
      [](const auto& any) -> Subject {
        if constexpr (requires { any.annulment; }) {
          return SubjectOf(any.annulment.key);
        } else if constexpr (requires { any.key; }) {
          return SubjectOf(any.key);
        } else {
          return {false, any.contest_no, any.source_no, any.area_no};
        }
      },
      event);
}

void Apply(election::Count& count, std::int64_t sequence, const election::SealedContent& content) {
  count.Apply(
      {.sequence = sequence, .actor = content.actor, .event = election::AsEvent(content.event)});
}

// Folds what the sources have said in public.
void ApplyPublic(const ledger::ElectionLedger& ledger, const std::set<int>& sources,
                 election::Count& count) {
  const bool any = std::any_of(sources.begin(), sources.end(), [&](int source_no) {
    return ledger.count().HasReportsFromSource(source_no);
  });
  if (!any) return;
  for (std::int64_t sequence = 1; sequence <= ledger.sequence(); ++sequence) {
    const election::Entry entry = ledger.CountedEntryAt(sequence);
    const bool is_seal = std::holds_alternative<election::EmbargoSeal>(entry.event) ||
                         std::holds_alternative<election::SealWithdrawal>(entry.event);
    if (!is_seal && sources.contains(election::SourceOf(entry.event))) count.Apply(entry);
  }
}

}  // namespace

void SealedContents::Add(std::int64_t sequence, Item item) {
  const int source_no = SourceOf(item.content.event);
  // What another source has said in public is not in the count yet.
  if (!by_source_.contains(source_no)) opened_.reset();
  if (opened_ != nullptr) Apply(*opened_, sequence, item.content);
  if (items_.insert_or_assign(sequence, std::move(item)).second) ++by_source_[source_no];
}

void SealedContents::Forget(int source_no, std::int64_t from_sequence) {
  std::vector<std::int64_t> forgotten;
  for (auto item = items_.lower_bound(from_sequence); item != items_.end(); ++item) {
    if (SourceOf(item->second.content.event) == source_no) forgotten.push_back(item->first);
  }
  for (const std::int64_t sequence : forgotten) Erase(sequence);
  opened_.reset();
}

void SealedContents::Erase(std::int64_t sequence) {
  const auto item = items_.find(sequence);
  if (item == items_.end()) return;
  const auto of_source = by_source_.find(SourceOf(item->second.content.event));
  if (--of_source->second == 0) by_source_.erase(of_source);
  items_.erase(item);
}

void SealedContents::NoteFolded(const election::Event& event) {
  if (std::holds_alternative<election::EmbargoSeal>(event)) return;
  const bool defines = std::holds_alternative<election::DefinitionSeal>(event);
  if (defines || by_source_.contains(SourceOf(event))) opened_.reset();
  if (const auto* const opening = std::get_if<election::SealOpening>(&event)) {
    Erase(opening->seal_sequence);
  } else if (const auto* const withdrawal = std::get_if<election::SealWithdrawal>(&event)) {
    Erase(withdrawal->seal_sequence);
  }
}

const SealedContents::Item* SealedContents::Find(std::int64_t sequence) const {
  const auto found = items_.find(sequence);
  return found == items_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> SealedContents::FindSuccessor(std::int64_t sequence) const {
  const auto found = items_.find(sequence);
  if (found == items_.end()) return std::nullopt;
  const Subject subject = SubjectOf(found->second.content.event);
  const auto successor = std::find_if(std::next(found), items_.end(), [&](const auto& later) {
    return SubjectOf(later.second.content.event) == subject;
  });
  if (successor == items_.end()) return std::nullopt;
  return successor->first;
}

const election::Count& SealedContents::CountOpened(const ledger::ElectionLedger& ledger) const {
  if (opened_ == nullptr) opened_ = Open(ledger);
  return *opened_;
}

std::unique_ptr<election::Count> SealedContents::Open(const ledger::ElectionLedger& ledger) const {
  assert(ledger.count().defined());
  std::unique_ptr<election::Count> count = ledger.count().WithoutReports();
  std::set<int> sources;
  for (const auto& [sequence, item] : items_) sources.insert(SourceOf(item.content.event));
  ApplyPublic(ledger, sources, *count);
  for (const auto& [sequence, item] : items_) Apply(*count, sequence, item.content);
  return count;
}

}  // namespace canvass::aggregator
