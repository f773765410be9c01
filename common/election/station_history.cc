#include "common/election/station_history.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/index.h"
#include "common/election/standing.h"

namespace canvass::election {
namespace {

void SupersedeAnnulments(std::int64_t sequence, std::int32_t revision,
                         std::vector<RecordedAnnulment>& annulments) {
  for (RecordedAnnulment& recorded : annulments) {
    if (recorded.annulment.revision != revision || recorded.superseded_sequence != 0) continue;
    recorded.superseded_sequence = sequence;
  }
}

void SupersedeReinstatements(std::int64_t sequence, std::int32_t revision,
                             std::vector<RecordedReinstatement>& reinstatements) {
  for (RecordedReinstatement& recorded : reinstatements) {
    if (recorded.reinstatement.revision != revision || recorded.superseded_sequence != 0) continue;
    recorded.superseded_sequence = sequence;
  }
}

}  // namespace

StationHistory::StationHistory(Revision first) { revisions_.push_back(std::move(first)); }

void StationHistory::Record(Revision revision) {
  assert(revision.revision == newest().revision + 1);
  revisions_.push_back(std::move(revision));
}

void StationHistory::Release(std::int64_t sequence, std::int32_t revision) {
  assert(Find(revision) != nullptr);
  revisions_[Index(revision) - 1].release_sequence = sequence;
}

void StationHistory::Annul(RecordedAnnulment annulment) {
  assert(Find(annulment.annulment.revision) != nullptr);
  SupersedeAnnulments(annulment.sequence, annulment.annulment.revision, annulments_);
  SupersedeReinstatements(annulment.sequence, annulment.annulment.revision, reinstatements_);
  annulments_.push_back(std::move(annulment));
}

void StationHistory::Reinstate(RecordedReinstatement reinstatement) {
  assert(Find(reinstatement.reinstatement.revision) != nullptr);
  SupersedeAnnulments(reinstatement.sequence, reinstatement.reinstatement.revision, annulments_);
  reinstatements_.push_back(std::move(reinstatement));
}

const Revision* StationHistory::Find(std::int32_t revision) const {
  if (revision < 1 || Index(revision) > revisions_.size()) return nullptr;
  return &revisions_[Index(revision) - 1];
}

bool StationHistory::IsAnnulled(const Revision& revision) const {
  const RecordedAnnulment* const in_force = annulment();
  return in_force != nullptr && revision.revision <= in_force->annulment.revision;
}

const Revision* StationHistory::Counting() const {
  const auto counts = [this](const Revision& revision) {
    return !IsAnnulled(revision) && (!revision.held || revision.release_sequence != 0);
  };
  const auto counting = std::find_if(revisions_.rbegin(), revisions_.rend(), counts);
  return counting == revisions_.rend() ? nullptr : &*counting;
}

bool StationHistory::NewestIsHeld() const {
  return newest().held && newest().release_sequence == 0 && !IsAnnulled(newest());
}

const RecordedAnnulment* StationHistory::annulment() const {
  const auto in_force =
      std::find_if(annulments_.rbegin(), annulments_.rend(),
                   [](const RecordedAnnulment& each) { return each.superseded_sequence == 0; });
  return in_force == annulments_.rend() ? nullptr : &*in_force;
}

StationState StationHistory::State() const {
  if (Counting() != nullptr) return StationState::kCounted;
  if (NewestIsHeld()) return StationState::kHeld;
  const RecordedAnnulment* const in_force = annulment();
  if (in_force != nullptr && !in_force->annulment.station_expected_again) {
    return StationState::kAnnulled;
  }
  return StationState::kMissing;
}

StationStanding StationHistory::Standing() const {
  StationStanding standing{.state = State(),
                           .newest_revision = newest().revision,
                           .newest_sequence = newest().sequence,
                           .newest_is_held = NewestIsHeld()};
  if (const Revision* counting = Counting(); counting != nullptr) {
    standing.counting_revision = counting->revision;
    standing.counting_sequence = counting->sequence;
    standing.flagged = counting->flagged;
  }
  if (const RecordedAnnulment* in_force = annulment(); in_force != nullptr) {
    standing.annulment_sequence = in_force->sequence;
    standing.annulled_revision = in_force->annulment.revision;
    standing.expected_again = in_force->annulment.station_expected_again;
  }
  return standing;
}

}  // namespace canvass::election
