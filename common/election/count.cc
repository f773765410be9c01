#include "common/election/count.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/index.h"
#include "common/election/contest_count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_history.h"
#include "common/election/tally.h"
#include "common/election/territory.h"

namespace canvass::election {
Count::Count() = default;
Count::~Count() = default;

void Count::Apply(const Entry& entry) {
  std::visit([&](const auto& event) { ApplyEvent(entry, event); }, entry.event);
}

void Count::Apply(Entry&& entry) {
  if (auto* const change = std::get_if<DefinitionChange>(&entry.event)) {
    pending_.push_back(std::move(*change));
  } else {
    Apply(static_cast<const Entry&>(entry));
  }
}

void Count::ApplyEvent(const Entry& /*entry*/, const DefinitionChange& change) {
  pending_.push_back(change);
}

void Count::ApplyEvent(const Entry& entry, const DefinitionSeal& /*seal*/) {
  for (DefinitionChange& change : std::exchange(pending_, {})) {
    definition_.Apply(std::move(change));
  }
  defined_ = true;
  definition_sequence_ = entry.sequence;
  if (two_operators_since_ == 0 && definition_.policy().two_operators) {
    two_operators_since_ = entry.sequence;
  }
  territory_ = Territory(definition_);
  RebuildContestCounts();
}

void Count::RebuildContestCounts() {
  // Contests of the same area expect the same stations from sources with the same sample, so their
  // progress is computed only once.
  absl::flat_hash_map<std::pair<int, std::string>, std::vector<Progress>> without_reports;
  const int contests = static_cast<int>(definition_.contests().size());
  const int sources = static_cast<int>(definition_.sources().size());
  for (int contest_no = 0; contest_no < contests; ++contest_no) {
    for (int source_no = 0; source_no < sources; ++source_no) {
      const int area_no = definition_.AreaOfContest(contest_no);
      const std::string& sample_tag = definition_.sources()[Index(source_no)].sample_tag;
      std::vector<Progress>& progress = without_reports[{area_no, sample_tag}];
      if (progress.empty()) {
        progress = ProgressWithoutReports(definition_, territory_, area_no, sample_tag);
      }
      std::unique_ptr<ContestCount>& count = contest_counts_[{contest_no, source_no}];
      if (count == nullptr) {
        count = std::make_unique<ContestCount>(definition_, territory_, contest_no, source_no);
      }
      count->Rebuild(progress);
    }
  }
}

void Count::ApplyEvent(const Entry& entry, const ReportRecorded& report) {
  ContestCountOf(report.key).Record(entry.sequence, report);
}

void Count::ApplyEvent(const Entry& entry, const ReportRelease& release) {
  ContestCountOf(release.key).Release(entry.sequence, release);
}

void Count::ApplyEvent(const Entry& entry, const ReportAnnulment& annulment) {
  annulment_proposals_.erase(annulment.key);
  ContestCountOf(annulment.key).Annul(entry.sequence, annulment);
}

void Count::ApplyEvent(const Entry& entry, const ReportReinstatement& reinstatement) {
  ContestCountOf(reinstatement.key).Reinstate(entry.sequence, reinstatement);
}

void Count::ApplyEvent(const Entry& entry, const PollFigures& figures) {
  ContestCountOf(figures.contest_no, figures.source_no).Publish(entry.sequence, figures);
}

void Count::ApplyEvent(const Entry& entry, const ResultCertification& certification) {
  certification_proposals_.erase({certification.contest_no, certification.source_no});
  ContestCountOf(certification.contest_no, certification.source_no)
      .Certify(entry.sequence, entry.recorded_at, certification);
}

void Count::ApplyEvent(const Entry& entry, const ContestReopening& reopening) {
  ContestCountOf(reopening.contest_no, reopening.source_no).Reopen(entry.sequence, reopening);
}

void Count::ApplyEvent(const Entry& entry, const EmbargoSeal& seal) {
  seals_[seal.source_no].emplace(entry.sequence, seal);
}

void Count::ApplyEvent(const Entry& entry, const SealOpening& opening) {
  RemoveSeal(SourceOf(opening.content.event), opening.seal_sequence);
  if (const auto* const proposal = std::get_if<AnnulmentProposal>(&opening.content.event)) {
    return Propose(entry.sequence, opening.content.actor, *proposal);
  }
  std::visit([&](const auto& event) { ApplyEvent(entry, event); }, opening.content.event);
}

void Count::ApplyEvent(const Entry& entry, const SealWithdrawal& withdrawal) {
  RemoveSeal(withdrawal.source_no, withdrawal.seal_sequence);
  withdrawn_.insert_or_assign(
      withdrawal.seal_sequence,
      RecordedWithdrawal{.sequence = entry.sequence, .withdrawal = withdrawal});
}

void Count::ApplyEvent(const Entry& entry, const AnnulmentProposal& proposal) {
  Propose(entry.sequence, entry.actor, proposal);
}

void Count::ApplyEvent(const Entry& entry, const CertificationProposal& proposal) {
  const ResultCertification& proposed = proposal.certification;
  certification_proposals_.insert_or_assign(
      {proposed.contest_no, proposed.source_no},
      Proposed<ResultCertification>{
          .sequence = entry.sequence, .actor = entry.actor, .decision = proposed});
}

void Count::Propose(std::int64_t sequence, const std::string& actor,
                    const AnnulmentProposal& proposal) {
  annulment_proposals_.insert_or_assign(
      proposal.annulment.key,
      Proposed<ReportAnnulment>{
          .sequence = sequence, .actor = actor, .decision = proposal.annulment});
}

void Count::RemoveSeal(int source_no, std::int64_t sequence) {
  const auto of_source = seals_.find(source_no);
  assert(of_source != seals_.end() && of_source->second.contains(sequence));
  of_source->second.erase(sequence);
  if (of_source->second.empty()) seals_.erase(of_source);
}

std::unique_ptr<Count> Count::WithoutReports() const {
  auto blank = std::make_unique<Count>();
  blank->defined_ = defined_;
  blank->definition_sequence_ = definition_sequence_;
  blank->definition_ = definition_;
  blank->pending_ = pending_;
  if (!defined_) return blank;
  blank->territory_ = Territory(blank->definition_);
  blank->RebuildContestCounts();
  return blank;
}

const Count::Seals& Count::SealsOf(int source_no) const {
  static const Seals kNone;
  const auto found = seals_.find(source_no);
  return found == seals_.end() ? kNone : found->second;
}

std::vector<int> Count::SealedSources() const {
  std::vector<int> sources;
  sources.reserve(seals_.size());
  for (const auto& [source_no, seals] : seals_) sources.push_back(source_no);
  return sources;
}

const EmbargoSeal* Count::FindSeal(std::int64_t sequence) const {
  for (const auto& [source_no, seals] : seals_) {
    const auto found = seals.find(sequence);
    if (found != seals.end()) return &found->second;
  }
  return nullptr;
}

const RecordedWithdrawal* Count::FindWithdrawal(std::int64_t seal_sequence) const {
  const auto found = withdrawn_.find(seal_sequence);
  return found == withdrawn_.end() ? nullptr : &found->second;
}

ContestCount& Count::ContestCountOf(int contest_no, int source_no) {
  const auto found = contest_counts_.find({contest_no, source_no});
  assert(found != contest_counts_.end());
  return *found->second;
}

const ContestCount& Count::ContestCountOf(int contest_no, int source_no) const {
  const auto found = contest_counts_.find({contest_no, source_no});
  assert(found != contest_counts_.end());
  return *found->second;
}

ContestCount& Count::ContestCountOf(const StationKey& key) {
  return ContestCountOf(key.contest_no, key.source_no);
}

const StationReports& Count::ReportsOf(const StationKey& key) const {
  return ContestCountOf(key.contest_no, key.source_no).reports();
}

const Tally& Count::TallyOfArea(int contest_no, int source_no, int area_no) const {
  return ContestCountOf(contest_no, source_no).TallyOfArea(area_no);
}

Progress Count::ProgressOfArea(int contest_no, int source_no, int area_no) const {
  return ContestCountOf(contest_no, source_no).ProgressOfArea(area_no);
}

Tally Count::TallyOfTag(int contest_no, int source_no, int area_no, std::string_view tag) const {
  return ContestCountOf(contest_no, source_no).TallyOfTag(area_no, tag);
}

Progress Count::ProgressOfTag(int contest_no, int source_no, int area_no,
                              std::string_view tag) const {
  return ContestCountOf(contest_no, source_no).ProgressOfTag(area_no, tag);
}

StationStanding Count::StandingOf(const StationKey& key) const {
  return ContestCountOf(key.contest_no, key.source_no).StandingOf(key.station_no);
}

const Proposed<ReportAnnulment>* Count::FindAnnulmentProposal(const StationKey& key) const {
  const auto found = annulment_proposals_.find(key);
  return found == annulment_proposals_.end() ? nullptr : &found->second;
}

const Proposed<ResultCertification>* Count::FindCertificationProposal(int contest_no,
                                                                      int source_no) const {
  const auto found = certification_proposals_.find({contest_no, source_no});
  return found == certification_proposals_.end() ? nullptr : &found->second;
}

std::optional<Counts> Count::CountingCounts(const StationKey& key) const {
  std::optional<CountingReport> counting = ReportsOf(key).FindCounting(key.station_no);
  if (!counting) return std::nullopt;
  return std::move(counting->counts);
}

std::optional<std::int64_t> Count::FindRevision(const StationKey& key,
                                                std::int32_t revision) const {
  return ReportsOf(key).FindRevision(key.station_no, revision);
}

std::int64_t Count::FindRelease(const StationKey& key, std::int32_t revision) const {
  const StationHistory* const history = FindHistory(key);
  const Revision* const found = history == nullptr ? nullptr : history->Find(revision);
  return found == nullptr ? 0 : found->release_sequence;
}

const RecordedAnnulment* Count::FindAnnulment(const StationKey& key) const {
  const StationHistory* const history = FindHistory(key);
  return history == nullptr ? nullptr : history->annulment();
}

const StationHistory* Count::FindHistory(const StationKey& key) const {
  return ReportsOf(key).FindHistory(key.station_no);
}

std::vector<std::int64_t> Count::HeldReports() const {
  std::vector<std::int64_t> sequences;
  for (const auto& [key, count] : contest_counts_) {
    sequences.insert(sequences.end(), count->held_sequences().begin(),
                     count->held_sequences().end());
  }
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

int Count::HeldCorrections(int contest_no, int source_no) const {
  return ContestCountOf(contest_no, source_no).held_corrections();
}

ResultStatus Count::StatusOf(int contest_no, int source_no, int area_no) const {
  return ContestCountOf(contest_no, source_no).StatusOf(area_no);
}

bool Count::IsCertified(int contest_no, int source_no) const {
  return ContestCountOf(contest_no, source_no).IsCertified();
}

const Certified* Count::FindCertified(int contest_no, int source_no) const {
  return ContestCountOf(contest_no, source_no).certified();
}

const RecordedReopening* Count::FindReopening(int contest_no, int source_no) const {
  return ContestCountOf(contest_no, source_no).reopening();
}

const std::vector<RecordedReopening>& Count::ReopeningsOf(int contest_no, int source_no) const {
  return ContestCountOf(contest_no, source_no).reopenings();
}

const PublishedPoll* Count::FindPoll(int contest_no, int source_no, int area_no) const {
  return FindPollRevision(contest_no, source_no, area_no, 0);
}

const PublishedPoll* Count::FindPollRevision(int contest_no, int source_no, int area_no,
                                             std::int32_t revision) const {
  return ContestCountOf(contest_no, source_no).FindPoll(area_no, revision);
}

std::int64_t Count::LastChangeOf(int contest_no, int source_no) const {
  return std::max(definition_sequence_, ContestCountOf(contest_no, source_no).last_change());
}

bool Count::HasReportsOfContest(int contest_no) const {
  return std::any_of(contest_counts_.begin(), contest_counts_.end(), [&](const auto& item) {
    return item.first.first == contest_no && item.second->HasReportsOrFigures();
  });
}

bool Count::HasReportsFromSource(int source_no) const {
  return std::any_of(contest_counts_.begin(), contest_counts_.end(), [&](const auto& item) {
    return item.first.second == source_no && item.second->HasReportsOrFigures();
  });
}

bool Count::HasReportsOfStation(int station_no) const {
  return std::any_of(contest_counts_.begin(), contest_counts_.end(),
                     [&](const auto& item) { return item.second->reports().Has(station_no); });
}

bool Count::HasCountingOrHeldReportOf(int station_no) const {
  return std::any_of(contest_counts_.begin(), contest_counts_.end(), [&](const auto& item) {
    const StationStanding standing = item.second->reports().StandingOf(station_no);
    return standing.counting_revision != 0 || standing.newest_is_held;
  });
}

}  // namespace canvass::election
