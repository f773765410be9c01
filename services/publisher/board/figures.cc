#include "services/publisher/board/figures.h"

#include <cstddef>
#include <cstdint>

#include "common/election/count.h"
#include "common/election/tally.h"

namespace canvass::publisher {

Figures FiguresOf(const election::Count& count, int contest_no, int source_no, int area_no) {
  Figures figures{.tally = count.TallyOfArea(contest_no, source_no, area_no),
                  .progress = count.ProgressOfArea(contest_no, source_no, area_no),
                  .status = count.StatusOf(contest_no, source_no, area_no)};
  const election::Certified* certified = count.FindCertified(contest_no, source_no);
  if (certified != nullptr) figures.certification_sequence = certified->sequence;
  const election::PublishedPoll* poll = count.FindPoll(contest_no, source_no, area_no);
  if (poll != nullptr) figures.poll_sequence = poll->sequence;
  return figures;
}

bool IsFall(const Figures& before, const Figures& after) {
  const election::Tally& old_tally = before.tally;
  const election::Tally& new_tally = after.tally;
  if (new_tally.reports < old_tally.reports || after.progress.counted < before.progress.counted) {
    return true;
  }
  for (const auto sum : election::kTallySums) {
    if ((new_tally.*sum).total < (old_tally.*sum).total) return true;
  }
  for (std::size_t i = 0; i < old_tally.votes.size(); ++i) {
    const std::int64_t votes = i < new_tally.votes.size() ? new_tally.votes[i].total : 0;
    if (votes < old_tally.votes[i].total) return true;
  }
  return false;
}

}  // namespace canvass::publisher
