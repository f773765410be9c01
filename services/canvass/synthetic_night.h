#ifndef CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_
#define CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_

#include <vector>

#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "services/canvass/published_night.h"

// An election of which only totals were published, split over its stations by a deterministic
// generator, so that its night can be played. Every number by station is synthetic; every announced
// total is the published one.
namespace canvass {

struct SyntheticReport {
  election::StationReport report{};
  absl::Duration arrives_after{};  // after the polls closed
};

struct SyntheticNight {
  election::DefinitionChange definition{};  // complete
  std::vector<SyntheticReport>
      reports{};  // as they arrive: the first stations_in of them give an announcement
  std::vector<election::ReportKey> annulled{};  // afterwards
};

// The same facts give the same night on every machine: integers only, and a generator that the C++
// standard fixes. Every report passes every rule without a warning. REQUIRES: facts as
// ParsePublishedNight gives them.
SyntheticNight SplitByStation(const PublishedNight& facts);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_
