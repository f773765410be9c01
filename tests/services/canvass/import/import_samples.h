#ifndef CANVASS_TESTS_SERVICES_CANVASS_IMPORT_IMPORT_SAMPLES_H_
#define CANVASS_TESTS_SERVICES_CANVASS_IMPORT_IMPORT_SAMPLES_H_

#include <string>

#include "services/canvass/import/mapping.h"

namespace canvass::testing {

// A mapping for files that are short enough to be read: candidates Ann and Bob, areas of two
// columns.
inline constexpr char kTownMapping[] = R"({
  "election": {"electionId": "town-2025", "names": {"en": "Mayor"}, "languages": ["en"],
               "pollingDate": "2025-06-01", "timeZone": "Europe/Paris"},
  "contest": {"contestId": "mayor"},
  "source": {"sourceId": "office", "kind": "SOURCE_KIND_OFFICIAL"},
  "candidates": [{"column": "Ann"}, {"column": "Bob Ó", "candidateId": "bob"}],
  "station": {"column": "no", "prefix": "s-"},
  "area": {"root": {"areaId": "town", "kind": "town", "names": {"en": "Town"}},
           "levels": [{"kind": "district", "column": "district"}]},
  "cast": "cast", "blank": "blank", "invalid": ["spoilt", "rejected"], "registered": "list"
})";

inline constexpr char kTownHeader[] = "no,district,list,cast,blank,spoilt,rejected,Ann,Bob Ó\n";

// The same as a row a station and candidate.
inline constexpr char kLongTownMapping[] = R"({
  "election": {"electionId": "town-2025", "languages": ["en"],
               "pollingDate": "2025-06-01", "timeZone": "Europe/Paris"},
  "contest": {"contestId": "mayor"},
  "source": {"sourceId": "office", "kind": "SOURCE_KIND_OFFICIAL"},
  "long": {"candidateColumn": "choice", "votesColumn": "votes", "ignore": ["TOTAL"]},
  "candidates": [{"value": "Ann"}, {"value": "Bob"}],
  "station": {"column": "no", "prefix": "s-"},
  "area": {"root": {"areaId": "town", "kind": "town"}},
  "cast": {"votesBlankInvalid": true}, "blank": {"values": ["BLANK"]},
  "invalid": {"values": ["SPOILT", "REJECTED"]}, "registered": "list"
})";

// The mapping, which must be right.
cli::Mapping MappingOf(const std::string& json);

// `text` with its first `from` replaced by `to`, which must be there.
std::string Replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SERVICES_CANVASS_IMPORT_IMPORT_SAMPLES_H_
