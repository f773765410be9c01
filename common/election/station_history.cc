#include "common/election/station_history.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/base/index.h"
#include "common/election/standing.h"

namespace canvass::election {

StationHistory::StationHistory(Revision first) { revisions_.push_back(std::move(first)); }

void StationHistory::Record(Revision revision) { revisions_.push_back(std::move(revision)); }

void StationHistory::Release(std::int64_t sequence, std::int32_t revision) {
  revisions_[Index(revision) - 1].release_sequence = sequence;
}

void StationHistory::Annul(RecordedAnnulment annulment) {
  // It names the newest revision, so it covers whatever an earlier one covered.
  annulment_ = std::move(annulment);
}

void StationHistory::Reinstate(RecordedReinstatement reinstatement) {
  annulment_.reset();
  reinstatement_ = std::move(reinstatement);
}

const Revision* StationHistory::Find(std::int32_t revision) const {
  if (revision < 1 || Index(revision) > revisions_.size()) return nullptr;
  return &revisions_[Index(revision) - 1];
}

bool StationHistory::IsAnnulled(const Revision& revision) const {
  return annulment_.has_value() && revision.revision <= annulment_->annulment.revision;
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
  return annulment_ ? &*annulment_ : nullptr;
}

const RecordedReinstatement* StationHistory::reinstatement() const {
  return reinstatement_ ? &*reinstatement_ : nullptr;
}

StationState StationHistory::State() const {
  if (Counting() != nullptr) return StationState::kCounted;
  if (NewestIsHeld()) return StationState::kHeld;
  if (annulment_ && !annulment_->annulment.station_expected_again) return StationState::kAnnulled;
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
  if (annulment_) {
    standing.annulment_sequence = annulment_->sequence;
    standing.annulled_revision = annulment_->annulment.revision;
    standing.expected_again = annulment_->annulment.station_expected_again;
  }
  return standing;
}

}  // namespace canvass::election
