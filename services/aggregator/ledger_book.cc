#include "services/aggregator/ledger_book.h"

#include <optional>
#include <set>
#include <type_traits>
#include <variant>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/telemetry/log.h"

namespace canvass::aggregator {
namespace {

std::optional<int> SourceOf(const election::Event& event) {
  return std::visit(
      [](const auto& what) -> std::optional<int> {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, election::DefinitionChange> ||
                      std::is_same_v<What, election::DefinitionSeal>) {
          return std::nullopt;
        } else if constexpr (requires { what.key; }) {
          return what.key.source_no;
        } else {
          return what.source_no;
        }
      },
      event);
}

absl::Status Diverged(std::string_view election_id, std::int64_t sequence) {
  return MakeError(absl::StatusCode::kDataLoss,
                   StrCat("The ledger of ", election_id, " does not hold the entry ", sequence,
                          " that was committed to it; to accept the ledger as it is now, restart "
                          "the aggregator"),
                   {.reason = "LEDGER_DIVERGED"});
}

}  // namespace

const std::vector<std::int64_t>& BookedLedger::EntriesOfSource(int source_no) const {
  static const std::vector<std::int64_t> kNone;
  const auto index = static_cast<std::size_t>(source_no);
  return index < entries_by_source_.size() ? entries_by_source_[index] : kNone;
}

void BookedLedger::Append(std::string_view bytes, const ledger::Hash& leaf_hash,
                          election::Entry&& entry) {
  const std::optional<int> source_no = SourceOf(entry.event);
  const std::int64_t sequence = entry.sequence;
  folded_.Append(bytes, leaf_hash, std::move(entry));
  if (!source_no.has_value()) return;
  const auto index = static_cast<std::size_t>(*source_no);
  if (index >= entries_by_source_.size()) entries_by_source_.resize(index + 1);
  entries_by_source_[index].push_back(sequence);
}

const BookedLedger* LedgerBook::Contents::Find(std::string_view election_id) const {
  const auto found = ledgers.find(election_id);
  if (found == ledgers.end() || !found->second->count().defined()) return nullptr;
  return found->second.get();
}

absl::StatusOr<const BookedLedger*> LedgerBook::Contents::Get(std::string_view election_id) const {
  if (election_id.empty()) return FieldError("ELECTION_MISSING", "election_id", "is required");
  const BookedLedger* const booked = Find(election_id);
  if (booked != nullptr) return booked;
  return MakeError(absl::StatusCode::kNotFound, StrCat("There is no election ", election_id),
                   {.reason = "ELECTION_UNKNOWN"});
}

absl::Status LedgerBook::CatchUp(Ledger& ledger) {
  absl::Status status = Follow(ledger);
  if (status.ok()) status = ReplayRefusals(ledger);
  TellOfChange();
  return status;
}

absl::Status LedgerBook::Follow(Ledger& ledger) {
  ResetUnlessOf(ledger);
  return ReplayTail(ledger);
}

void LedgerBook::Fold(AppendGroup group) {
  {
    const WriterLock lock(mutex_);
    for (AppendedEntry& appended : group.entries) {
      LedgerOf(appended.election_id)
          .Append(appended.bytes, appended.leaf_hash, std::move(appended.entry));
      appended.bytes = std::string();  // of a register, its memory is wanted at once
    }
    for (Refusal& refusal : group.refusals) contents_.refused.Add(std::move(refusal));
  }
  TellOfChange();
}

void LedgerBook::ResetUnlessOf(const Ledger& ledger) {
  const std::string ledger_id = ledger.ledger_id();
  const WriterLock lock(mutex_);
  if (contents_.ledger_id == ledger_id) return;
  if (!contents_.ledger_id.empty()) {
    telemetry::LogWarning(StrCat("The database holds ledger ", ledger_id, " now, it was ",
                                 contents_.ledger_id, ": reading all of it anew"));
  }
  contents_ = Contents{.ledger_id = ledger_id, .edition = contents_.edition + 1};
}

// Reads the last known entry of every election once more: that it is still there, and the same,
// shows that the ledger goes on where the book ends.
absl::Status LedgerBook::ReplayTail(Ledger& ledger) {
  std::map<std::string, std::int64_t, std::less<>> after;
  std::set<std::string, std::less<>> unconfirmed;
  Reading([&after, &unconfirmed](const Contents& contents) {
    for (const auto& [election_id, booked] : contents.ledgers) {
      if (booked->sequence() == 0) continue;  // its first entry could not be read
      after[election_id] = booked->sequence() - 1;
      unconfirmed.insert(election_id);
    }
  });
  absl::Status status = ledger.Replay(after, [this, &unconfirmed](const StoredEntry& stored) {
    const auto waiting = unconfirmed.find(stored.election_id);
    if (waiting != unconfirmed.end()) unconfirmed.erase(waiting);
    return FoldStored(stored);
  });
  if (!status.ok() || unconfirmed.empty()) return status;
  return Diverged(*unconfirmed.begin(), after[*unconfirmed.begin()] + 1);
}

absl::Status LedgerBook::FoldStored(const StoredEntry& stored) {
  const WriterLock lock(mutex_);
  BookedLedger& booked = LedgerOf(stored.election_id);
  if (stored.sequence <= booked.sequence()) {
    const bool same = booked.folded().log().LeafHashOf(stored.sequence) == stored.leaf_hash;
    return same ? absl::OkStatus() : Diverged(stored.election_id, stored.sequence);
  }
  absl::StatusOr<election::Entry> entry = ledger::Decode(stored.bytes);
  if (!entry.ok()) return entry.status();
  if (entry->sequence != stored.sequence || entry->sequence != booked.sequence() + 1) {
    return absl::DataLossError(StrCat("In the ledger of ", stored.election_id,
                                      " an entry that says ", "it is number ", entry->sequence,
                                      " is stored as number ", stored.sequence, " after ",
                                      booked.sequence(), " others"));
  }
  absl::Status status = booked.folded().Check(*entry);
  if (status.ok()) booked.Append(stored.bytes, stored.leaf_hash, *std::move(entry));
  return status;
}

absl::Status LedgerBook::ReplayRefusals(Ledger& ledger) {
  RefusedReports refused;
  absl::Status status =
      ledger.ReplayRefusals([&refused](Refusal refusal) { refused.Add(std::move(refusal)); });
  if (!status.ok()) return status;
  const WriterLock lock(mutex_);
  contents_.refused = std::move(refused);
  return absl::OkStatus();
}

BookedLedger& LedgerBook::LedgerOf(std::string_view election_id) {
  auto found = contents_.ledgers.find(election_id);
  if (found == contents_.ledgers.end()) {
    std::string id(election_id);
    auto booked = std::make_unique<BookedLedger>(id);
    found = contents_.ledgers.emplace(std::move(id), std::move(booked)).first;
  }
  return *found->second;
}

void LedgerBook::TellOfChange() const {
  if (changed_) changed_();
}

}  // namespace canvass::aggregator
