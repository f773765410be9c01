#ifndef CANVASS_SERVICES_CANVASS_JSON_OBJECT_H_
#define CANVASS_SERVICES_CANVASS_JSON_OBJECT_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/election/definition.h"
#include "nlohmann/json_fwd.hpp"

namespace canvass {

// What is wrong in a JSON file, with the path of the place.
using JsonProblems = std::vector<FieldViolation>;

// Reads the members of a JSON object and remembers which were asked for, so that what nobody knows
// is an error. Problems go to `problems`; reading goes on with an empty value.
class JsonObject {
 public:
  // `json` and `problems` must outlive it. `path`: of the object, "" for the whole file. `json`
  // need not be an object: that is a problem then.
  JsonObject(const nlohmann::json& json, std::string path, JsonProblems& problems);

  bool Has(const std::string& key);
  // The member, or null where there is none. Marks the key as known.
  const nlohmann::json& Get(const std::string& key);
  std::string Text(const std::string& key);
  std::string RequiredText(const std::string& key);
  bool Flag(const std::string& key);
  // A text or a list of texts.
  std::vector<std::string> Texts(const std::string& key);
  // {"en": "...", ...}
  election::LocalizedText Localized(const std::string& key);
  // Every element of a list; a problem if the member is no list.
  std::vector<const nlohmann::json*> List(const std::string& key);

  // "area.levels" for "levels" in "area".
  std::string PathOf(const std::string& key) const;
  void AddProblem(const std::string& key, std::string description);
  // Adds a problem for each member that was never asked for. Call it last.
  void RefuseUnknown();

 private:
  const nlohmann::json& json_;
  std::string path_;
  JsonProblems& problems_;
  std::set<std::string> known_{};
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_JSON_OBJECT_H_
