#include "tests/simulation/witness.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "common/base/text.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/ledger/seal.h"
#include "tests/simulation/simulated_client.h"
#include "tests/support/reference_count.h"

namespace canvass::simulation {
namespace {

using aggregator::ReceiptState;
using election::ReportAnnulment;
using election::ReportRecorded;
using election::ReportReinstatement;

// Readings are answered by whoever led this long before, at the most.
constexpr absl::Duration kStaleMax = absl::Seconds(5);

std::int64_t VotesOfA(const election::StationReport& report) {
  return *std::get<election::BallotCount>(report.count).votes.at(0).count;
}

// The total of candidate a from the official source after each entry, one station at a time.
class SimpleTotal {
 public:
  std::int64_t After(const election::Entry& entry) {
    if (const auto* report = std::get_if<ReportRecorded>(&entry.event)) {
      if (!report->held && report->key.source_no == 0) {
        counting_[report->key.station_no] = report->counts.votes.at(0);
      }
    } else if (const auto* annulment = std::get_if<ReportAnnulment>(&entry.event)) {
      annulled_[annulment->key.station_no] = true;
    } else if (const auto* reinstatement = std::get_if<ReportReinstatement>(&entry.event)) {
      annulled_[reinstatement->key.station_no] = false;
    }
    std::int64_t total = 0;
    for (const auto& [station_no, votes] : counting_) {
      if (!annulled_[station_no]) total += votes;
    }
    return total;
  }

 private:
  std::map<int, std::int64_t> counting_;
  std::map<int, bool> annulled_;
};

}  // namespace

struct Witness::Folded {
  std::vector<election::Entry> entries{};
  std::vector<election::Entry> counted{};  // with what was sealed in place of its opening
  std::vector<ledger::Hash> hashes{};
  std::vector<std::int64_t> totals{};  // of candidate a after each entry
  std::set<std::string> reports{};     // as KeyOf has them
  // Entries with reports by source, station and revision.
  std::map<std::tuple<int, int, int>, std::int64_t> recorded{};
  std::map<std::int64_t, election::EmbargoSeal> seals{};  // that are closed
  std::map<std::int64_t, Opened> opened{};                // by the seal's sequence

  bool Has(std::int64_t sequence) const {
    return sequence >= 1 && sequence <= static_cast<std::int64_t>(entries.size());
  }
};

void Witness::Receipt(const election::StationReport& report, const aggregator::Receipt& receipt,
                      absl::Duration now) {
  if (receipt.state == ReceiptState::kRefused) return;
  receipts_.push_back({.report = report, .receipt = receipt});
  const auto [known, first] = sequence_of_.emplace(KeyOf(report), receipt.sequence);
  if (!first && known->second != receipt.sequence) {
    Violation(StrCat("report ", KeyOf(report), " has two outcomes: entries ", known->second,
                     " and ", receipt.sequence));
  }
  Acknowledge(report.election_id, receipt.sequence, now);
}

void Witness::Queued(const election::StationReport& report) { queued_.push_back(report); }

void Witness::Decided(const std::string& election_id, std::int64_t sequence, absl::Duration now) {
  decided_.emplace_back(election_id, sequence);
  Acknowledge(election_id, sequence, now);
}

void Witness::Acknowledge(const std::string& election_id, std::int64_t sequence,
                          absl::Duration now) {
  auto& acknowledged = acknowledged_at_[election_id];
  const std::int64_t before = acknowledged.empty() ? 0 : acknowledged.rbegin()->second;
  if (sequence > before) acknowledged[now] = sequence;
}

void Witness::Read(const std::string& election_id, const Reading& reading, absl::Duration now) {
  readings_.push_back({.election_id = election_id, .reading = reading});
  const auto& acknowledged = acknowledged_at_[election_id];
  auto newer = acknowledged.upper_bound(now - kStaleMax);
  if (newer == acknowledged.begin()) return;
  const std::int64_t expected = (--newer)->second;
  if (reading.sequence < expected) {
    Violation(StrCat("a reading of ", election_id, " ends at ", reading.sequence, ", but entry ",
                     expected, " had been acknowledged for long"));
  }
}

void Witness::Check(const SimulatedDatabase& database,
                    const std::function<bool(const election::StationReport&)>& was_refused) {
  std::map<std::string, Folded> folded;
  for (const std::string& election_id : database.Elections()) {
    folded.emplace(election_id, Fold(database, election_id));
  }
  for (const Acknowledged& acknowledged : receipts_) {
    CheckReceipt(folded[acknowledged.report.election_id], acknowledged);
  }
  for (const auto& [election_id, sequence] : decided_) {
    if (!folded[election_id].Has(sequence)) {
      Violation(StrCat("the decision ", sequence, " of ", election_id, " is lost"));
    }
  }
  for (const ReadAt& read : readings_) CheckReading(folded[read.election_id], read.reading);
  for (const election::StationReport& report : queued_) {
    if (!folded[report.election_id].reports.contains(KeyOf(report)) && !was_refused(report)) {
      Violation(StrCat("the queued report ", KeyOf(report), " has got no outcome"));
    }
  }
}

Witness::Folded Witness::Fold(const SimulatedDatabase& database, const std::string& election_id) {
  Folded folded;
  SimpleTotal total;
  for (const StoredRow& row : database.RowsOf(election_id)) {
    const auto next = static_cast<std::int64_t>(folded.entries.size()) + 1;
    if (row.sequence != next) {
      Violation(StrCat(election_id, " has entry ", row.sequence, " where ", next, " is due"));
    }
    const auto entry = ledger::Decode(row.bytes);
    if (!entry.ok() || ledger::LeafHash(row.bytes) != row.leaf_hash) {
      Violation(StrCat("entry ", row.sequence, " of ", election_id, " is damaged"));
      continue;
    }
    if (!folded.entries.empty() && entry->recorded_at < folded.entries.back().recorded_at) {
      Violation(StrCat("entry ", row.sequence, " of ", election_id, " is dated back"));
    }
    election::Entry counted = *entry;
    if (const auto* report = std::get_if<ReportRecorded>(&entry->event)) {
      FoldReport(election_id, row.sequence, *report, folded);
    } else if (const auto* seal = std::get_if<election::EmbargoSeal>(&entry->event)) {
      folded.seals.emplace(row.sequence, *seal);
    } else if (const auto* opening = std::get_if<election::SealOpening>(&entry->event)) {
      FoldOpening(election_id, row, *opening, folded);
      counted.event = election::AsEvent(opening->content.event);
    }
    folded.totals.push_back(total.After(*entry));
    folded.hashes.push_back(row.leaf_hash);
    folded.entries.push_back(*entry);
    folded.counted.push_back(std::move(counted));
  }
  if (!folded.seals.empty()) {
    Violation(
        StrCat("seal ", folded.seals.begin()->first, " of ", election_id, " was never opened"));
  }
  return folded;
}

void Witness::FoldReport(const std::string& election_id, std::int64_t sequence,
                         const ReportRecorded& report, Folded& folded) {
  const election::StationKey& key = report.key;
  const auto [before, first] =
      folded.recorded.try_emplace({key.source_no, key.station_no, report.revision}, sequence);
  if (!first) {
    Violation(StrCat("entries ", before->second, " and ", sequence, " of ", election_id,
                     " are the same report"));
  }
  folded.reports.insert(StrCat(election_id, "/", key.source_no == kEarlySourceNo ? "early" : "cec",
                               "/s-", key.station_no + 1, "/", report.revision, " with ",
                               report.counts.votes.at(0)));
}

void Witness::FoldOpening(const std::string& election_id, const StoredRow& row,
                          const election::SealOpening& opening, Folded& folded) {
  const auto seal = folded.seals.find(opening.seal_sequence);
  if (seal == folded.seals.end()) {
    Violation(StrCat("entry ", row.sequence, " of ", election_id, " opens ", opening.seal_sequence,
                     ", which is no closed seal"));
    return;
  }
  if (seal->second.commitment != ledger::CommitmentTo(opening.nonce, opening.content)) {
    Violation(
        StrCat("entry ", row.sequence, " of ", election_id, " has another content than its seal"));
  }
  if (row.stored_at < kEmbargoLasts) {
    Violation(StrCat("entry ", row.sequence, " of ", election_id, " ends an embargo ",
                     absl::FormatDuration(kEmbargoLasts - row.stored_at), " too early"));
  }
  folded.seals.erase(seal);
  folded.opened.emplace(opening.seal_sequence,
                        Opened{.sequence = row.sequence, .content = opening.content});
  FoldReport(election_id, row.sequence, std::get<ReportRecorded>(opening.content.event), folded);
}

void Witness::CheckReceipt(const Folded& folded, const Acknowledged& acknowledged) {
  const std::int64_t sequence = acknowledged.receipt.sequence;
  const std::string key = KeyOf(acknowledged.report);
  if (!folded.Has(sequence)) {
    Violation(StrCat("the acknowledged report ", key, ", entry ", sequence, ", is lost"));
    return;
  }
  const auto index = static_cast<std::size_t>(sequence - 1);
  const auto* report = std::get_if<ReportRecorded>(&folded.entries[index].event);
  if (const auto opened = folded.opened.find(sequence);
      acknowledged.receipt.sealed && opened != folded.opened.end()) {
    report = std::get_if<ReportRecorded>(&opened->second.content.event);
  }
  const bool same = report != nullptr && folded.hashes[index] == acknowledged.receipt.entry_hash &&
                    report->revision == acknowledged.report.revision &&
                    StrCat("s-", report->key.station_no + 1) == acknowledged.report.station_id &&
                    report->counts.votes.at(0) == VotesOfA(acknowledged.report) &&
                    report->held == (acknowledged.receipt.state == ReceiptState::kHeld);
  if (!same) Violation(StrCat("entry ", sequence, " is not the acknowledged report ", key));
}

void Witness::CheckReading(const Folded& folded, const Reading& reading) {
  if (reading.sequence == 0) return;
  const auto index = static_cast<std::size_t>(reading.sequence - 1);
  if (!folded.Has(reading.sequence) || folded.hashes[index] != reading.last_hash) {
    Violation(StrCat("what was read as entry ", reading.sequence, " is not in the ledger"));
  } else if (folded.totals[index] != reading.votes_of_a) {
    Violation(StrCat("read ", reading.votes_of_a, " votes at ", reading.sequence, "; there were ",
                     folded.totals[index]));
  }
}

void Witness::CheckCommitted(const SimulatedDatabase& database,
                             const std::vector<const aggregator::CommittedLedgers*>& ledgers) {
  for (const std::string& election_id : database.Elections()) {
    const Folded folded = Fold(database, election_id);
    const testing::ReferenceCount reference(folded.counted);
    for (const aggregator::CommittedLedgers* committed : ledgers) {
      CheckCommitted(folded, reference, election_id, *committed);
    }
  }
}

void Witness::CheckCommitted(const Folded& folded, const testing::ReferenceCount& reference,
                             const std::string& election_id,
                             const aggregator::CommittedLedgers& committed) {
  committed.Reading([&](const aggregator::CommittedLedgers::Contents& contents) {
    const ledger::ElectionLedger* const ledger = contents.Find(election_id);
    const auto last = static_cast<std::int64_t>(folded.hashes.size());
    if (ledger == nullptr || ledger->sequence() != last) {
      Violation(StrCat("the committed ledger of ", election_id,
                       " does not end where the stored one ends, at ", last));
      return;
    }
    for (std::int64_t sequence = 1; sequence <= last; ++sequence) {
      if (ledger->log().LeafHashOf(sequence) !=
          folded.hashes[static_cast<std::size_t>(sequence - 1)]) {
        Violation(StrCat("the committed ledger of ", election_id, " has another entry ", sequence));
      }
    }
    for (const int source_no : {0, kEarlySourceNo}) {
      const election::Count& count = ledger->count();
      if (!(count.TallyOfArea(0, source_no, 0) == reference.TallyOf(0, source_no, 0, "")) ||
          !(count.ProgressOfArea(0, source_no, 0) == reference.ProgressOf(0, source_no, 0, ""))) {
        Violation(StrCat("the committed ledger of ", election_id,
                         " adds up to something else from source ", source_no));
      }
    }
  });
}

void Witness::Violation(std::string what) {
  constexpr std::size_t kKept = 20;
  if (violations_.size() < kKept) violations_.push_back(std::move(what));
}

std::string Witness::KeyOf(const election::StationReport& report) {
  return StrCat(report.election_id, "/", report.source_id, "/", report.station_id, "/",
                report.revision, " with ", VotesOfA(report));
}

}  // namespace canvass::simulation
