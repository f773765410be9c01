#include "tests/support/small_election.h"

#include <string>

#include "nlohmann/json.hpp"

namespace canvass::testing {

using ::nlohmann::json;

std::string SmallDefinition(const std::string& id) {
  return json{
      {"election",
       {{"electionId", id},
        {"names", {{"en", "Mayor of Smalltown"}}},
        {"pollingDate", "2025-05-04"},
        {"timeZone", "UTC"}}},
      {"contests",
       json::array({{{"contestId", "mayor"},
                     {"names", {{"en", "Mayor"}}},
                     {"candidates",
                      json::array({{{"candidateId", "ann"}, {"names", {{"en", "Ann"}}}},
                                   {{"candidateId", "bob"}, {"names", {{"en", "Bob"}}}}})}}})},
      {"sources",
       json::array({{{"sourceId", "office"}, {"kind", "SOURCE_KIND_OFFICIAL"}},
                    {{"sourceId", "observers"}, {"kind", "SOURCE_KIND_PARALLEL_COUNT"}}})},
      {"areas", json::array({{{"areaId", "town"}, {"kind", "town"}},
                             {{"areaId", "north"}, {"parentAreaId", "town"}, {"kind", "ward"}},
                             {{"areaId", "south"}, {"parentAreaId", "town"}, {"kind", "ward"}}})},
      {"stations", json::array({{{"stationId", "n-1"}, {"areaId", "north"}},
                                {{"stationId", "n-2"}, {"areaId", "north"}},
                                {{"stationId", "s-1"}, {"areaId", "south"}}})}}
      .dump();
}

std::string SmallReport(const std::string& election_id, const std::string& station_id, int ann,
                        int bob) {
  return json{{"election_id", election_id},
              {"station_id", station_id},
              {"ballots",
               {{"registered_voters", 900},
                {"ballots_cast", ann + bob + 3},
                {"blank_votes", 1},
                {"invalid_votes", 2},
                {"votes", json::array({{{"candidate_id", "ann"}, {"count", ann}},
                                       {{"candidate_id", "bob"}, {"count", bob}}})}}}}
      .dump();
}

}  // namespace canvass::testing
