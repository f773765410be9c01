#include "tests/faults/witness.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/text.h"

namespace canvass::faults {
namespace {

// A broken ledger contradicts every answer: the first few tell the story.
constexpr std::size_t kViolationsMax = 20;

int AreaOf(const std::string& area_id) {
  for (int area = 0; area < kAreas; ++area) {
    if (area_id == TrialElection::AreaId(area)) return area;
  }
  return -1;
}

}  // namespace

std::string ToString(const ReportName& name) {
  return StrCat(TrialElection::SourceId(name.source_no), " ",
                TrialElection::StationId(name.station_no), " revision ", name.revision);
}

Figures FiguresOf(const v1::Result& result) {
  Figures figures;
  for (const v1::CandidateResult& candidate : result.candidates()) {
    const char first = candidate.candidate_id().empty() ? 'a' : candidate.candidate_id().front();
    figures.ballots.votes.at(static_cast<std::size_t>(first - 'a')) = candidate.votes();
  }
  figures.ballots.blank = result.blank_votes();
  figures.ballots.invalid = result.invalid_votes();
  figures.stations = result.progress().stations_counted();
  return figures;
}

void Witness::Sent(const ReportName& name) {
  const MutexLock lock(mutex_);
  sent_.push_back(name);
}

void Witness::Received(const ReportName& name, int variant, const v1::Receipt& receipt,
                       absl::Time sent_at) {
  const MutexLock lock(mutex_);
  if (receipt.state() == v1::RECEIPT_STATE_QUEUED) {
    ++counts_.queued;
    promises_.emplace(std::pair(name, variant), false);
    return;
  }
  ++counts_.receipts;
  acknowledged_times_.emplace_back(sent_at, absl::Now());
  TakeAcknowledgement(name, variant, receipt);
}

void Witness::TakeAcknowledgement(const ReportName& name, int variant, const v1::Receipt& receipt) {
  const bool is_whole = receipt.sequence() > 0 && receipt.entry_hash().size() == 64 &&
                        receipt.key().election_id() == election_.id() &&
                        receipt.key().station_id() == TrialElection::StationId(name.station_no) &&
                        receipt.key().source_id() == TrialElection::SourceId(name.source_no) &&
                        receipt.key().revision() == name.revision;
  if (!is_whole) Note(StrCat("A receipt for ", ToString(name), " says: ", receipt.DebugString()));
  const bool held = receipt.state() == v1::RECEIPT_STATE_HELD;
  const auto [known, is_new] =
      acknowledged_.emplace(name, Acknowledgement{.variant = variant,
                                                  .sequence = receipt.sequence(),
                                                  .entry_hash = receipt.entry_hash(),
                                                  .held = held,
                                                  .received_at = absl::Now()});
  Acknowledgement& first = known->second;
  if (is_new) ++counts_.acknowledged;
  if (receipt.repeated_submission()) ++counts_.repeated;
  if (!receipt.repeated_submission() && ++first.firsts > 1) {
    Note(StrCat(ToString(name), " was said to be recorded for the first time twice"));
  }
  if (first.variant != variant) {
    Note(StrCat(ToString(name), " was acknowledged with two contents, at sequences ",
                first.sequence, " and ", receipt.sequence()));
  } else if (first.sequence != receipt.sequence() || first.entry_hash != receipt.entry_hash() ||
             first.held != held) {
    Note(StrCat(ToString(name), " was acknowledged at sequence ", first.sequence, " with hash ",
                first.entry_hash, " and at ", receipt.sequence(), " with ", receipt.entry_hash()));
  }
}

void Witness::Refused(const ReportName& name, int variant, const std::string& rule,
                      absl::Time sent_at) {
  const MutexLock lock(mutex_);
  ++counts_.refused;
  ++counts_.refusals[rule];
  const auto known = acknowledged_.find(name);
  const bool was_recorded = known != acknowledged_.end() && known->second.variant == variant &&
                            known->second.received_at < sent_at;
  if (was_recorded) {
    Note(StrCat(ToString(name), " was refused (", rule, ") after it had been acknowledged"));
  }
  // Of its own numbers every report is sound: only its place among the others can be wrong.
  if (rule != "REVISION_CONFLICT" && rule != "REVISION_GAP") {
    Note(StrCat(ToString(name), " was refused: ", rule));
  }
}

void Witness::Unknown(const std::string& error) {
  const MutexLock lock(mutex_);
  ++counts_.unknown;
  ++counts_.errors[error];
}

void Witness::Decided(DecisionKind kind, const ReportName& name, std::int64_t sequence) {
  const MutexLock lock(mutex_);
  const AcknowledgedDecision decision{.kind = kind, .name = name};
  const auto [known, is_new] = decisions_.emplace(sequence, decision);
  if (is_new) ++counts_.decisions;
  if (known->second != decision) {
    Note(StrCat("Two decisions were acknowledged at sequence ", sequence));
  }
}

void Witness::Answered(const std::string& reader, std::int64_t at_least, const v1::Result& result) {
  const MutexLock lock(mutex_);
  ++counts_.answers;
  const v1::AsOf& as_of = result.as_of();
  if (as_of.sequence() < at_least) {
    Note(StrCat(reader, " had seen sequence ", at_least, " and got ", as_of.sequence()));
  }
  if (ledger_id_.empty()) ledger_id_ = as_of.ledger_id();
  if (ledger_id_ != as_of.ledger_id()) {
    Note(StrCat(reader, " read the ledger ", as_of.ledger_id(), " after ", ledger_id_));
  }
  AnswersAt& at = answers_[as_of.sequence()];
  if (at.root_hash.empty()) at.root_hash = as_of.root_hash();
  if (at.root_hash != as_of.root_hash()) {
    Note(StrCat(reader, " saw two root hashes at sequence ", as_of.sequence()));
  }
  const int area = AreaOf(result.area_id());
  if (area < 0 || result.election_id() != election_.id()) {
    Note(StrCat(reader, " got an answer about ", result.election_id(), " ", result.area_id()));
    return;
  }
  auto& seen = at.figures[static_cast<std::size_t>(TrialElection::SourceNo(result.source_id()))]
                         [static_cast<std::size_t>(area)];
  const Figures figures = FiguresOf(result);
  if (result.ballots_cast() != figures.ballots.cast()) {
    Note(StrCat(reader, " read ballots that do not add up at sequence ", as_of.sequence()));
  }
  if (figures.stations > 0 &&
      election_.IsUnderEmbargo(TrialElection::SourceNo(result.source_id()))) {
    Note(StrCat(reader, " read what is under embargo, at sequence ", as_of.sequence()));
  }
  if (!seen) seen = figures;
  if (*seen != figures) {
    Note(StrCat(reader, " read two answers about ", result.area_id(), " at sequence ",
                as_of.sequence()));
  }
}

void Witness::Violation(const std::string& what) {
  const MutexLock lock(mutex_);
  Note(what);
}

void Witness::Note(const std::string& violation) {
  if (violations_.size() < kViolationsMax) {
    violations_.push_back(
        StrCat(absl::FormatTime("%H:%M:%E6S ", absl::Now(), absl::UTCTimeZone()), violation));
  }
}

void Witness::PromiseKept(const ReportName& name, int variant) {
  const MutexLock lock(mutex_);
  promises_[std::pair(name, variant)] = true;
}

std::optional<ReportName> Witness::SentBefore(std::uint64_t number) const {
  const MutexLock lock(mutex_);
  if (sent_.empty()) return std::nullopt;
  return sent_[number % sent_.size()];
}

std::optional<Acknowledgement> Witness::Find(const ReportName& name) const {
  const MutexLock lock(mutex_);
  const auto found = acknowledged_.find(name);
  if (found == acknowledged_.end()) return std::nullopt;
  return found->second;
}

std::map<ReportName, Acknowledgement> Witness::acknowledged() const {
  const MutexLock lock(mutex_);
  return acknowledged_;
}

std::map<std::int64_t, AcknowledgedDecision> Witness::decisions() const {
  const MutexLock lock(mutex_);
  return decisions_;
}

std::map<std::int64_t, AnswersAt> Witness::answers() const {
  const MutexLock lock(mutex_);
  return answers_;
}

std::vector<std::pair<ReportName, int>> Witness::promises() const {
  const MutexLock lock(mutex_);
  std::vector<std::pair<ReportName, int>> open;
  for (const auto& [promise, kept] : promises_) {
    if (!kept) open.push_back(promise);
  }
  return open;
}

std::vector<std::string> Witness::violations() const {
  const MutexLock lock(mutex_);
  return violations_;
}

std::optional<absl::Time> Witness::FirstAcknowledgedOf(absl::Time since) const {
  const MutexLock lock(mutex_);
  std::optional<absl::Time> first;
  for (const auto& [sent, acknowledged] : acknowledged_times_) {
    if (sent >= since && (!first || acknowledged < *first)) first = acknowledged;
  }
  return first;
}

Witness::Counts Witness::counts() const {
  const MutexLock lock(mutex_);
  return counts_;
}

}  // namespace canvass::faults
