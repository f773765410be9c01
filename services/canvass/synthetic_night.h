#ifndef CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_
#define CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/report.h"

// An election of which only totals were published, split over its stations by a deterministic generator, so that
// its night can be played. Every number by station is synthetic; every announced total is the published one.
namespace canvass {

// Totals that were announced while the count went on.
struct Announcement {
  std::string name{};
  std::int32_t stations_in = 0;  // counted or annulled
  std::int32_t stations_annulled = 0;
  std::map<std::string, std::int64_t> votes{};  // by candidate
};

// A share that a poll published.
struct PublishedPollShare {
  std::string source_id{};
  std::map<std::string, std::string> shares{};  // percent as published, by candidate
};

// What is known of such an election. The first announcement covers some stations, the second all of them, the third all
// but the annulled ones.
struct PublishedNight {
  election::DefinitionChange definition{};  // without constituencies and stations
  std::int32_t constituencies = 0;
  std::int32_t stations = 0;
  std::int32_t stations_liberated = 0;
  std::int64_t voters_liberated_about = 0;
  std::int32_t stations_abroad = 0;
  std::int64_t registered_voters_on_the_list = 0;
  std::vector<Announcement> announcements{};
  std::vector<PublishedPollShare> polls{};
  std::string annulment_reason{};
  std::vector<std::string> elected{};
  std::string certification_reason{};
};

// The facts that are built into this binary. NOT_FOUND for any name but "az-2024".
absl::StatusOr<PublishedNight> FindPublishedNight(std::string_view name);

struct SyntheticReport {
  election::StationReport report{};
  absl::Duration arrives_after{};  // after the polls closed
};

struct SyntheticNight {
  election::DefinitionChange definition{};     // complete
  std::vector<SyntheticReport> reports{};      // as they arrive: the first stations_in of them give an announcement
  std::vector<election::ReportKey> annulled{};  // afterwards
};

// The same facts give the same night on every machine: integers only, and a generator that the C++ standard fixes.
// Every report passes every rule without a warning. REQUIRES: facts as FindPublishedNight gives them.
SyntheticNight SplitByStation(const PublishedNight& facts);

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_SYNTHETIC_NIGHT_H_
