#include "tests/faults/ledger_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/text.h"
#include "common/ledger/encoding.h"
#include "common/ledger/seal.h"
#include "tests/support/reference_count.h"

namespace canvass::faults {
namespace {

using election::ReportAnnulment;
using election::ReportRecorded;
using election::ReportReinstatement;
using election::ReportRelease;

// Contents that anybody sends under one key.
constexpr int kVariants = 2;

Ballots BallotsOf(const ReportRecorded& report) {
  Ballots ballots;
  for (std::size_t i = 0; i < ballots.votes.size(); ++i) {
    ballots.votes[i] = report.counts.votes[i];
  }
  ballots.blank = report.counts.blank_votes;
  ballots.invalid = report.counts.invalid_votes;
  return ballots;
}

ReportName NameOf(const election::StationKey& key, int revision) {
  return {.source_no = key.source_no, .station_no = key.station_no, .revision = revision};
}

// Absent for what is no decision that the campaign takes.
std::optional<AcknowledgedDecision> DecisionOf(const election::Event& event) {
  if (const auto* release = std::get_if<ReportRelease>(&event)) {
    return {{DecisionKind::kRelease, NameOf(release->key, release->revision)}};
  }
  if (const auto* annulment = std::get_if<ReportAnnulment>(&event)) {
    return {{DecisionKind::kAnnulment, NameOf(annulment->key, annulment->revision)}};
  }
  if (const auto* reinstatement = std::get_if<ReportReinstatement>(&event)) {
    return {{DecisionKind::kReinstatement, NameOf(reinstatement->key, reinstatement->revision)}};
  }
  return std::nullopt;
}

std::string ToString(const Figures& figures) {
  std::string text = StrCat(figures.stations, " stations, votes");
  for (const std::int64_t votes : figures.ballots.votes) StrAppend(&text, " ", votes);
  return StrCat(text, ", blank ", figures.ballots.blank, ", invalid ", figures.ballots.invalid);
}

}  // namespace

Testimony TestimonyOf(const Witness& witness) {
  return {.acknowledged = witness.acknowledged(),
          .decisions = witness.decisions(),
          .answers = witness.answers()};
}

void LedgerCheck::Add(std::int64_t sequence, std::string bytes, const std::string& leaf_hash_hex) {
  if (sequence != size() + 1) {
    Note(StrCat("The ledger goes on with entry ", sequence, " after ", size()));
    return;
  }
  if (ledger::ToHex(ledger::LeafHash(bytes)) != leaf_hash_hex) {
    Note(StrCat("Entry ", sequence, " does not have its hash"));
  }
  auto entry = ledger::Decode(bytes);
  if (!entry.ok() || entry->sequence != sequence) {
    Note(StrCat("The bytes of entry ", sequence, " are none of it"));
    return;
  }
  if (!entries_.empty() && entry->recorded_at < entries_.back().recorded_at) {
    Note(StrCat("Entry ", sequence, " is older than the one before it"));
  }
  if (const auto* report = std::get_if<ReportRecorded>(&entry->event)) {
    NoteReport({.acknowledged = sequence, .counted = sequence}, *report);
  } else if (const auto* seal = std::get_if<election::EmbargoSeal>(&entry->event)) {
    closed_.emplace(sequence, *seal);
  } else if (const auto* opening = std::get_if<election::SealOpening>(&entry->event)) {
    NoteOpening(sequence, *opening);
  }
  entries_.push_back(election::AsCounted(*std::move(entry)));
  bytes_.push_back(std::move(bytes));
}

void LedgerCheck::NoteOpening(std::int64_t sequence, const election::SealOpening& opening) {
  const auto seal = closed_.find(opening.seal_sequence);
  if (seal == closed_.end()) {
    Note(StrCat("Entry ", sequence, " opens ", opening.seal_sequence, ", which is no closed seal"));
    return;
  }
  if (ledger::CommitmentTo(opening.nonce, opening.content) != seal->second.commitment) {
    Note(StrCat("Entry ", sequence, " is not what seal ", opening.seal_sequence, " commits to"));
  }
  if (election_.IsUnderEmbargo(seal->second.source_no)) {
    Note(StrCat("Entry ", sequence, " opens a seal before the end of the embargo"));
  }
  closed_.erase(seal);
  opened_at_[opening.seal_sequence] = sequence;
  if (const auto* report = std::get_if<ReportRecorded>(&opening.content.event)) {
    NoteReport({.acknowledged = opening.seal_sequence, .counted = sequence}, *report);
  }
}

void LedgerCheck::NoteReport(const Places& places, const ReportRecorded& report) {
  const std::int64_t sequence = places.acknowledged;
  const ReportName name = NameOf(report.key, report.revision);
  if (!reports_.emplace(name, places).second) {
    Note(StrCat(ToString(name), " is in the ledger twice, at ", reports_[name].acknowledged,
                " and ", sequence));
  }
  const Ballots ballots = BallotsOf(report);
  for (int variant = 0; variant < kVariants; ++variant) {
    if (ballots == election_.BallotsOf(name, variant)) return;
  }
  Note(StrCat("Entry ", sequence, " says of ", ToString(name), " what nobody sent"));
}

void LedgerCheck::AddAgain(std::int64_t sequence, std::string_view bytes) {
  if (sequence < 1 || sequence > size() ||
      bytes_[static_cast<std::size_t>(sequence - 1)] != bytes) {
    Note(StrCat("Entry ", sequence, " is another one by another way"));
  }
}

bool LedgerCheck::Holds(const ReportName& name, int variant) const {
  const auto found = reports_.find(name);
  if (found == reports_.end()) return false;
  const auto& entry = entries_[static_cast<std::size_t>(found->second.counted - 1)];
  return BallotsOf(std::get<ReportRecorded>(entry.event)) == election_.BallotsOf(name, variant);
}

void LedgerCheck::Compare(const Testimony& testimony) {
  CompareAcknowledged(testimony);
  CompareDecisions(testimony);
  CompareAnswers(testimony);
}

void LedgerCheck::CompareAcknowledged(const Testimony& testimony) {
  for (const auto& [name, acknowledgement] : testimony.acknowledged) {
    // Until the seal is opened nobody can tell what it hides.
    if (IsClosedSeal(acknowledgement.sequence)) continue;
    const auto found = reports_.find(name);
    if (found == reports_.end()) {
      Note(StrCat("LOST: ", faults::ToString(name), " was acknowledged at sequence ",
                  acknowledgement.sequence, "; the ledger ends at ", size(), " without it"));
      continue;
    }
    const std::int64_t sequence = found->second.acknowledged;
    const auto index = static_cast<std::size_t>(sequence - 1);
    const bool same = sequence == acknowledgement.sequence &&
                      Holds(name, acknowledgement.variant) &&
                      std::get<ReportRecorded>(EventOf(sequence)).held == acknowledgement.held &&
                      ledger::ToHex(ledger::LeafHash(bytes_[index])) == acknowledgement.entry_hash;
    if (!same) {
      Note(StrCat(faults::ToString(name), " is not in the ledger as it was acknowledged at ",
                  acknowledgement.sequence));
    }
  }
}

void LedgerCheck::CompareDecisions(const Testimony& testimony) {
  for (const auto& [sequence, decision] : testimony.decisions) {
    if (IsClosedSeal(sequence)) continue;
    if (sequence > size() || DecisionOf(EventOf(sequence)) != decision) {
      Note(StrCat("LOST: the decision that was acknowledged at sequence ", sequence,
                  " is not there; the ledger ends at ", size()));
    }
  }
}

// What was acknowledged with that entry.
const election::Event& LedgerCheck::EventOf(std::int64_t acknowledged) const {
  const auto opened = opened_at_.find(acknowledged);
  const std::int64_t sequence = opened == opened_at_.end() ? acknowledged : opened->second;
  return entries_[static_cast<std::size_t>(sequence - 1)].event;
}

void LedgerCheck::CompareAnswers(const Testimony& testimony) {
  Stations stations;
  Totals totals;
  ledger::MerkleTree tree;
  auto next = testimony.answers.begin();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Fold(entries_[i], stations, totals);
    tree.Add(ledger::LeafHash(bytes_[i]));
    if (next == testimony.answers.end() || next->first != entries_[i].sequence) continue;
    CompareAnswer(next->first, next->second, ledger::ToHex(tree.Root()), totals);
    ++next;
  }
  for (; next != testimony.answers.end(); ++next) {
    Note(StrCat("An answer was read at sequence ", next->first, "; the ledger ends at ", size()));
  }
}

void LedgerCheck::CompareAnswer(std::int64_t sequence, const AnswersAt& answers,
                                const std::string& root, const Totals& totals) {
  if (answers.root_hash != root) {
    Note(StrCat("An answer at sequence ", sequence, " had the root hash ", answers.root_hash,
                "; the entries' is ", root));
  }
  for (std::size_t source = 0; source < kSources; ++source) {
    for (std::size_t area = 0; area < kAreas; ++area) {
      const auto& seen = answers.figures[source][area];
      const Figures& expected = totals.figures[source][area];
      if (!seen || *seen == expected) continue;
      Note(StrCat("WRONG: an answer about ", TrialElection::AreaId(static_cast<int>(area)),
                  " at sequence ", sequence, " said ", ToString(*seen), "; the reports add up to ",
                  ToString(expected)));
    }
  }
}

const LedgerCheck::Revision* LedgerCheck::StationReports::Counting() const {
  const int annulled_to = annulled.empty() ? 0 : *annulled.rbegin();
  for (auto revision = revisions.rbegin(); revision != revisions.rend(); ++revision) {
    if (revision->counts && revision->revision > annulled_to) return &*revision;
  }
  return nullptr;
}

void LedgerCheck::Totals::Add(int source_no, int station_no, const Ballots& ballots, int sign) {
  const int district = 1 + TrialElection::DistrictOf(station_no);
  for (const int area : {0, district}) {
    Figures& sum = figures[static_cast<std::size_t>(source_no)][static_cast<std::size_t>(area)];
    for (std::size_t i = 0; i < ballots.votes.size(); ++i) {
      sum.ballots.votes[i] += sign * ballots.votes[i];
    }
    sum.ballots.blank += sign * ballots.blank;
    sum.ballots.invalid += sign * ballots.invalid;
    sum.stations += sign;
  }
}

void LedgerCheck::Fold(const election::Entry& entry, Stations& stations, Totals& totals) {
  const auto* report = std::get_if<ReportRecorded>(&entry.event);
  const std::optional<AcknowledgedDecision> decision = DecisionOf(entry.event);
  if (report == nullptr && !decision) return;
  const ReportName name =
      report == nullptr ? decision->name : NameOf(report->key, report->revision);
  StationReports& station = stations[{name.source_no, name.station_no}];
  if (const Revision* const before = station.Counting()) {
    totals.Add(name.source_no, name.station_no, before->ballots, -1);
  }
  if (report != nullptr) {
    station.revisions.push_back(
        {.revision = name.revision, .ballots = BallotsOf(*report), .counts = !report->held});
  } else if (decision->kind == DecisionKind::kRelease) {
    station.revisions.back().counts = true;
  } else if (decision->kind == DecisionKind::kAnnulment) {
    station.annulled.insert(name.revision);
  } else {
    station.annulled.erase(name.revision);
  }
  if (const Revision* const after = station.Counting()) {
    totals.Add(name.source_no, name.station_no, after->ballots, 1);
  }
}

LedgerCheck::Totals LedgerCheck::TotalsAtTheEnd() const {
  Stations stations;
  Totals totals;
  for (const election::Entry& entry : entries_) Fold(entry, stations, totals);
  return totals;
}

void LedgerCheck::CompareWithReference() {
  const testing::ReferenceCount reference(entries_);
  for (int source = 0; source < kSources; ++source) {
    for (int area = 0; area < kAreas; ++area) {
      const election::Tally tally = reference.TallyOf(0, source, area, "");
      Figures figures;
      for (std::size_t i = 0; i < tally.votes.size(); ++i) {
        figures.ballots.votes.at(i) = tally.votes[i].total;
      }
      figures.ballots.blank = tally.blank_votes.total;
      figures.ballots.invalid = tally.invalid_votes.total;
      figures.stations = tally.reports;
      CompareTotals("the reference", source, area, figures);
    }
  }
}

void LedgerCheck::CompareTotals(const std::string& where, int source_no, int area,
                                const Figures& figures) {
  const Figures expected =
      TotalsAtTheEnd().figures[static_cast<std::size_t>(source_no)][static_cast<std::size_t>(area)];
  if (figures == expected) return;
  Note(StrCat("WRONG: ", where, " says of ", TrialElection::SourceId(source_no), " in ",
              TrialElection::AreaId(area), ": ", ToString(figures), "; the reports add up to ",
              ToString(expected)));
}

std::vector<std::string> LedgerCheck::TakeViolations() { return std::exchange(violations_, {}); }

}  // namespace canvass::faults
