#ifndef CANVASS_SERVICES_CANVASS_DEMO_PUBLISHED_NIGHT_H_
#define CANVASS_SERVICES_CANVASS_DEMO_PUBLISHED_NIGHT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/election/definition.h"

namespace canvass::cli {

// Totals that were announced during the count.
struct Announcement {
  std::string name{};
  std::int32_t stations_in = 0;  // counted or annulled
  std::int32_t stations_annulled = 0;
  std::map<std::string, std::int64_t> votes{};  // by candidate
};

// Shares that a poll published.
struct PublishedShares {
  std::string source_id{};
  std::map<std::string, std::string> shares{};  // percent as published, by candidate
};

// Published facts of an election whose results by station were never published. The first
// announcement covers some stations, the second all stations, and the third all except the annulled
// ones.
struct PublishedNight {
  election::DefinitionChange definition{};  // without constituencies and stations
  std::int32_t constituencies = 0;
  std::int32_t stations = 0;
  std::int32_t stations_liberated = 0;
  std::int64_t voters_liberated_about = 0;
  std::int32_t stations_abroad = 0;
  std::int64_t registered_voters_on_the_list = 0;
  std::vector<Announcement> announcements{};
  std::vector<PublishedShares> polls{};
  std::string annulment_reason{};
  std::vector<std::string> elected{};
  std::string certification_reason{};
};

// Parses facts from JSON such as deploy/demo/az-2024/night.json. Returns INVALID_ARGUMENT with the
// place of the fault.
absl::StatusOr<PublishedNight> ParsePublishedNight(std::string_view text);

// Returns deploy/demo/az-2024/night.json as of the build of this binary.
std::string_view EmbeddedNight();

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_DEMO_PUBLISHED_NIGHT_H_
