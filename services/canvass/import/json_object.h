#ifndef CANVASS_SERVICES_CANVASS_IMPORT_JSON_OBJECT_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_JSON_OBJECT_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/election/definition.h"
#include "nlohmann/json_fwd.hpp"

namespace canvass::cli {

// Problems in a JSON file, each with the path of its place.
using JsonProblems = std::vector<FieldViolation>;

// Reads the members of a JSON object and remembers which keys were read, so that unknown keys can
// be reported. Problems are added to `problems`, and the read returns an empty value. Not
// thread-safe.
class JsonObject {
 public:
  // `json` and `problems` must outlive this. `path` is the path of the object, "" for the whole
  // file. Adds a problem if `json` is not an object.
  JsonObject(const nlohmann::json& json, std::string path, JsonProblems& problems);

  bool Has(const std::string& key);
  // Returns the member, or null if there is none. Marks the key as known.
  const nlohmann::json& Get(const std::string& key);
  std::string Text(const std::string& key);
  std::string RequiredText(const std::string& key);
  bool Flag(const std::string& key);
  // Reads a text or a list of texts.
  std::vector<std::string> Texts(const std::string& key);
  // Reads texts by language: {"en": "...", ...}.
  election::LocalizedText Localized(const std::string& key);
  // Returns every element of a list. Adds a problem if the member is not a list.
  std::vector<const nlohmann::json*> List(const std::string& key);

  // Returns "area.levels" for the key "levels" of the object "area".
  std::string PathOf(const std::string& key) const;
  void AddProblem(const std::string& key, std::string description);
  // Adds a problem for each member whose key was never read. Must be called last.
  void RefuseUnknown();

 private:
  const nlohmann::json& json_;
  std::string path_;
  JsonProblems& problems_;
  std::set<std::string> known_{};
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_JSON_OBJECT_H_
