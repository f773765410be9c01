#ifndef CANVASS_SERVICES_PUBLISHER_BOARD_FIGURES_H_
#define CANVASS_SERVICES_PUBLISHER_BOARD_FIGURES_H_

#include <cstdint>

#include "common/election/count.h"
#include "common/election/event.h"
#include "common/election/tally.h"

namespace canvass::publisher {

// Everything that makes up a result, except the definition.
struct Figures {
  election::Tally tally;
  election::Progress progress;
  election::ResultStatus status = election::ResultStatus::kPreElection;
  std::int64_t certification_sequence = 0;  // entry of the newest certification; 0 for none
  std::int64_t poll_sequence = 0;           // entry of the newest poll figures; 0 for none

  bool operator==(const Figures&) const = default;
};

// Current figures of an area.
Figures FiguresOf(const election::Count& count, int contest_no, int source_no, int area_no);

// Whether a total or the number of counted stations went down.
bool IsFall(const Figures& before, const Figures& after);

}  // namespace canvass::publisher

#endif  // CANVASS_SERVICES_PUBLISHER_BOARD_FIGURES_H_
