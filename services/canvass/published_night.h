#ifndef CANVASS_SERVICES_CANVASS_PUBLISHED_NIGHT_H_
#define CANVASS_SERVICES_CANVASS_PUBLISHED_NIGHT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/election/definition.h"

namespace canvass {

// Totals that were announced while the count went on.
struct Announcement {
  std::string name{};
  std::int32_t stations_in = 0;  // counted or annulled
  std::int32_t stations_annulled = 0;
  std::map<std::string, std::int64_t> votes{};  // by candidate
};

// What a poll published.
struct PublishedShares {
  std::string source_id{};
  std::map<std::string, std::string> shares{};  // percent as published, by candidate
};

// What is known of an election whose stations' results were never published. The first announcement
// covers some stations, the second all of them, the third all but those that were annulled.
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

// Reads such facts from `text`, which is JSON; deploy/demo/az-2024/night.json shows the form.
// INVALID_ARGUMENT names what is wrong.
absl::StatusOr<PublishedNight> ParsePublishedNight(std::string_view text);

// deploy/demo/az-2024/night.json as it was when this binary was built.
std::string_view EmbeddedNight();

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_PUBLISHED_NIGHT_H_
