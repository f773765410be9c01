#include "services/publisher/board/ledger_with_history.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/election/definition.h"

namespace canvass::publisher {
namespace {

using election::Entry;

// Returns the key of the report whose counting revision the entry may replace. Null if there is
// none.
const election::StationKey* ReplacingKeyOf(const election::Event& event) {
  if (const auto* report = std::get_if<election::ReportRecorded>(&event)) {
    return report->revision > 1 ? &report->key : nullptr;
  }
  if (const auto* release = std::get_if<election::ReportRelease>(&event)) return &release->key;
  return nullptr;
}

// Returns the counting revision that `entry` may replace, or 0 if there is none.
std::int32_t CountingRevisionBefore(const election::Count& count, const Entry& entry) {
  const election::StationKey* key = ReplacingKeyOf(entry.event);
  return key == nullptr ? 0 : count.StandingOf(*key).counting_revision;
}

}  // namespace

absl::Status LedgerWithHistory::Append(std::string_view bytes, const Entry& entry) {
  if (entry.sequence != ledger_.sequence() + 1 || entry.recorded_at < ledger_.recorded_at()) {
    return absl::DataLossError(absl::StrCat("entry ", entry.sequence, " cannot follow entry ",
                                            ledger_.sequence(), " of election ",
                                            ledger_.election_id()));
  }
  if (absl::Status legal = ledger_.Check(entry); !legal.ok()) return legal;
  if (std::holds_alternative<election::SealOpening>(entry.event)) {
    Fold(bytes, entry, election::AsCounted(entry));
  } else {
    Fold(bytes, entry, entry);
  }
  return absl::OkStatus();
}

// `counted` is AsCounted(entry).
void LedgerWithHistory::Fold(std::string_view bytes, const Entry& entry, const Entry& counted) {
  const std::int32_t counting_revision_before = CountingRevisionBefore(ledger_.count(), counted);
  history_.Before(ledger_, counted);
  ledger_.Append(bytes, entry);
  history_.After(ledger_, counted);
  if (IsCorrection(counted, counting_revision_before)) corrections_.push_back(counted.sequence);
  if (std::holds_alternative<election::DefinitionSeal>(counted.event)) OrderNewStations();
}

std::unique_ptr<LedgerWithHistory> LedgerWithHistory::AsOf(std::int64_t sequence) const {
  auto earlier = std::make_unique<LedgerWithHistory>(ledger_.election_id());
  for (std::int64_t next = 1; next <= sequence; ++next) {
    // This ledger has folded the entry, so the earlier one can fold it too.
    earlier->Append(ledger_.log().Get(next), ledger_.EntryAt(next)).IgnoreError();
  }
  return earlier;
}

bool LedgerWithHistory::IsCorrection(const Entry& entry,
                                     std::int32_t counting_revision_before) const {
  if (const election::StationKey* key = ReplacingKeyOf(entry.event)) {
    return counting_revision_before != 0 &&
           ledger_.count().StandingOf(*key).counting_revision != counting_revision_before;
  }
  if (const auto* poll = std::get_if<election::PollFigures>(&entry.event)) {
    return poll->revision > 1;
  }
  if (std::holds_alternative<election::DefinitionChange>(entry.event)) {
    return ledger_.count().defined();
  }
  return !std::holds_alternative<election::ReportRecorded>(entry.event) &&
         !std::holds_alternative<election::DefinitionSeal>(entry.event) &&
         !std::holds_alternative<election::EmbargoSeal>(entry.event);
}

void LedgerWithHistory::OrderNewStations() {
  const std::vector<election::Station>& stations = ledger_.count().definition().stations();
  const auto ordered = static_cast<std::ptrdiff_t>(stations_by_id_.size());
  for (std::size_t number = stations_by_id_.size(); number < stations.size(); ++number) {
    stations_by_id_.push_back(static_cast<int>(number));
  }
  const auto by_id = [&](int a, int b) {
    return stations[static_cast<std::size_t>(a)].id < stations[static_cast<std::size_t>(b)].id;
  };
  const auto first_new = stations_by_id_.begin() + ordered;
  // A merge sort, because most registers are already ordered by id.
  std::stable_sort(first_new, stations_by_id_.end(), by_id);
  std::inplace_merge(stations_by_id_.begin(), first_new, stations_by_id_.end(), by_id);
}

}  // namespace canvass::publisher
