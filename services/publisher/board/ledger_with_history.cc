#include "services/publisher/board/ledger_with_history.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/election/definition.h"
#include "common/ledger/encoding.h"

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
  return Fold(entry, [&] {
    ledger_.Append(bytes, entry);
    return absl::OkStatus();
  });
}

absl::Status LedgerWithHistory::Disclose(std::int64_t sequence, std::string_view bytes) {
  if (sequence < 1 || sequence > ledger_.sequence()) {
    return absl::DataLossError(absl::StrCat("entry ", sequence, " was disclosed, but election ",
                                            ledger_.election_id(), " has ", ledger_.sequence(),
                                            " entries"));
  }
  if (!ledger_.log().IsHidden(sequence)) return absl::OkStatus();
  const absl::StatusOr<Entry> entry = ledger::Decode(bytes);
  if (!entry.ok()) return entry.status();
  return Fold(*entry, [&] { return ledger_.Disclose(sequence, bytes); });
}

std::unique_ptr<LedgerWithHistory> LedgerWithHistory::Beginning(
    std::int64_t sequence, const absl::flat_hash_set<std::int64_t>& hidden) const {
  auto beginning = std::make_unique<LedgerWithHistory>(ledger_.election_id());
  const ledger::EntryLog& log = ledger_.log();
  for (std::int64_t next = 1; next <= sequence; ++next) {
    if (log.IsHidden(next) || hidden.contains(next)) {
      beginning->AppendHidden(log.LeafHashOf(next));
    } else {
      // This ledger has folded the entry, so the beginning can fold it too.
      beginning->Append(log.Get(next), ledger_.EntryAt(next)).IgnoreError();
    }
  }
  return beginning;
}

absl::Status LedgerWithHistory::Fold(const Entry& entry,
                                     absl::FunctionRef<absl::Status()> fold_in) {
  if (absl::Status legal = ledger_.Check(entry); !legal.ok()) return legal;
  const std::int32_t counting_revision_before = CountingRevisionBefore(ledger_.count(), entry);
  history_.Before(ledger_, entry);
  if (absl::Status folded = fold_in(); !folded.ok()) return folded;
  history_.After(ledger_, entry);
  if (IsCorrection(entry, counting_revision_before)) {
    // An entry whose embargo has ended may belong before others. All others go to the end.
    corrections_.insert(std::upper_bound(corrections_.begin(), corrections_.end(), entry.sequence),
                        entry.sequence);
  }
  if (std::holds_alternative<election::DefinitionSeal>(entry.event)) OrderNewStations();
  return absl::OkStatus();
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
         !std::holds_alternative<election::DefinitionSeal>(entry.event);
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
