#include "services/aggregator/writer/sealed_contents.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

namespace canvass::aggregator {
namespace {

using election::SealedEvent;

// What an event is about: contest, source, and station or area.
using Subject = std::tuple<bool, std::int32_t, std::int32_t, std::int32_t>;

Subject SubjectOf(const SealedEvent& event) {
  return std::visit(
      [](const auto& any) -> Subject {
        if constexpr (requires { any.key; }) {
          return {true, any.key.contest_no, any.key.source_no, any.key.station_no};
        } else {
          return {false, any.contest_no, any.source_no, any.area_no};
        }
      },
      event);
}

void Apply(election::Count& count, std::int64_t sequence, const election::SealedContent& content) {
  count.Apply(
      {.sequence = sequence,
       .actor = content.actor,
       .event = std::visit([](const auto& any) { return election::Event(any); }, content.event)});
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
    const bool counts = election::AsSealedEvent(entry.event).has_value();
    if (counts && sources.contains(election::SourceOf(entry.event))) count.Apply(entry);
  }
}

}  // namespace

void SealedContents::Add(std::int64_t sequence, Item item) {
  if (opened_ != nullptr) Apply(*opened_, sequence, item.content);
  items_.insert_or_assign(sequence, std::move(item));
}

void SealedContents::NoteFolded(const election::Event& event) {
  if (const auto* const opening = std::get_if<election::SealOpening>(&event)) {
    items_.erase(opening->seal_sequence);
    opened_.reset();
  } else if (const auto* const withdrawal = std::get_if<election::SealWithdrawal>(&event)) {
    items_.erase(withdrawal->seal_sequence);
    opened_.reset();
  } else if (std::holds_alternative<election::DefinitionSeal>(event)) {
    opened_.reset();
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
