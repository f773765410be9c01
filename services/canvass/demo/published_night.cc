#include "services/canvass/demo/published_night.h"

#include <exception>
#include <string>
#include <utility>

#include "canvass/v1/ledger.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/rpc/definition_proto.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

using nlohmann::json;

absl::StatusOr<election::DefinitionChange> ParseDefinition(const json& definition) {
  v1::DefinitionChange change;
  const auto parsed = google::protobuf::util::JsonStringToMessage(definition.dump(), &change);
  if (!parsed.ok()) {
    const std::string problem(parsed.message());
    return FieldError(reason::kJsonMalformed, "definition", problem);
  }
  return rpc::FromProto(change);
}

Announcement ParseAnnouncement(const json& announcement) {
  return {.name = announcement.at("name"),
          .stations_in = announcement.at("stations_in"),
          .stations_annulled = announcement.at("stations_annulled"),
          .votes = announcement.at("votes").get<std::map<std::string, std::int64_t>>()};
}

void ParseFacts(const json& facts, PublishedNight& night) {
  night.constituencies = facts.at("constituencies");
  night.stations = facts.at("stations");
  night.stations_liberated = facts.at("stations_liberated");
  night.voters_liberated_about = facts.at("voters_liberated_about");
  night.stations_abroad = facts.at("stations_abroad");
  night.registered_voters_on_the_list = facts.at("registered_voters_on_the_list");
  for (const json& announcement : facts.at("announcements")) {
    night.announcements.push_back(ParseAnnouncement(announcement));
  }
  for (const json& poll : facts.at("polls")) {
    night.polls.push_back({.source_id = poll.at("source_id"),
                           .shares = poll.at("shares").get<std::map<std::string, std::string>>()});
  }
  night.annulment_reason = facts.at("annulment_reason");
  night.elected = facts.at("elected").get<std::vector<std::string>>();
  night.certification_reason = facts.at("certification_reason");
}

}  // namespace

absl::StatusOr<PublishedNight> ParsePublishedNight(std::string_view text) {
  PublishedNight night;
  try {
    const json facts = json::parse(text);
    auto definition = ParseDefinition(facts.at("definition"));
    if (!definition.ok()) return definition.status();
    night.definition = *std::move(definition);
    ParseFacts(facts, night);
  } catch (const json::exception& error) {
    return MakeError(reason::kJsonMalformed,
                     StrCat("The published facts cannot be read: ", error.what()));
  }
  if (night.announcements.size() != 3) {
    return FieldError(reason::kAnnouncementsCount, "announcements",
                      StrCat("must have 3 elements (first, complete, final), but has ",
                             night.announcements.size()));
  }
  return night;
}

}  // namespace canvass::cli
