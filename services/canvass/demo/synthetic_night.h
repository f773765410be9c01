#ifndef CANVASS_SERVICES_CANVASS_DEMO_SYNTHETIC_NIGHT_H_
#define CANVASS_SERVICES_CANVASS_DEMO_SYNTHETIC_NIGHT_H_

#include <vector>

#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/report.h"
#include "services/canvass/demo/published_night.h"

// Splits an election of which only totals were published over its stations, so that its night can
// be played. The split is deterministic. All numbers by station are synthetic, and all announced
// totals are the published ones.
namespace canvass::cli {

struct SyntheticReport {
  election::StationReport report{};
  absl::Duration arrives_after{};  // time after the polls closed
};

struct SyntheticNight {
  election::DefinitionChange definition{};  // complete
  // In order of arrival. The first `stations_in` reports give the totals of an announcement.
  std::vector<SyntheticReport> reports{};
  std::vector<election::ReportKey> annulled{};  // reports that are annulled afterwards
};

// Returns the same night for the same facts on every machine: it uses only integers and a generator
// that the C++ standard fixes. Every report passes every rule without a warning. REQUIRES: `facts`
// come from ParsePublishedNight.
SyntheticNight SplitByStation(const PublishedNight& facts);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_DEMO_SYNTHETIC_NIGHT_H_
