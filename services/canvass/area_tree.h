#ifndef CANVASS_SERVICES_CANVASS_AREA_TREE_H_
#define CANVASS_SERVICES_CANVASS_AREA_TREE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/election/definition.h"
#include "services/canvass/mapping.h"
#include "services/canvass/slug.h"

namespace canvass {

// A name with "{}" in the place of the value, in several languages.
election::LocalizedText FilledIn(const election::LocalizedText& names, const std::string& value);

// The areas that the rows of a file name by their paths. Not thread-safe.
class AreaTree {
 public:
  // `rule` and `ids` must outlive it. `language`: of names that are values of the file.
  AreaTree(const AreaRule& rule, std::string language, IdRegister& ids);

  // Notes the area with this path (a value a level, not empty) and those above it. `names`: by
  // level, "" where the file gives none. Returns its id. Errors are IdRegister's.
  absl::StatusOr<std::string> Add(const std::vector<std::string>& path,
                                  const std::vector<std::string>& names, int line);

  // INVALID_ARGUMENT ROOT_COUNT if the paths begin with several areas and the mapping has no root
  // above them.
  absl::Status CheckRoot() const;

  // Parents first.
  std::vector<election::Area> TakeAreas() { return std::move(areas_); }
  // What is odd and harmless: areas that the file gives several names.
  std::vector<std::string> Notes() const;

 private:
  absl::Status AddLevel(std::size_t level, const std::vector<std::string>& path,
                        const std::string& key, const std::string& name, int line);

  const AreaRule& rule_;
  const std::string language_;
  IdRegister& ids_;
  std::vector<election::Area> areas_{};
  absl::flat_hash_map<std::string, std::string> id_by_path_{};    // values joined by a NUL
  absl::flat_hash_map<std::string, std::string> name_by_path_{};  // as the first row gave it
  std::vector<std::string> top_values_{};
  int names_differing_ = 0;
  std::string first_difference_{};
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_AREA_TREE_H_
