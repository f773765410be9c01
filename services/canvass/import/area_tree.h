#ifndef CANVASS_SERVICES_CANVASS_IMPORT_AREA_TREE_H_
#define CANVASS_SERVICES_CANVASS_IMPORT_AREA_TREE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/election/definition.h"
#include "services/canvass/import/mapping.h"
#include "services/canvass/import/slug.h"

namespace canvass::cli {

// Returns `names` with every "{}" replaced by `value`.
election::LocalizedText FilledIn(const election::LocalizedText& names, const std::string& value);

// Areas that the rows of a file name by their paths. Not thread-safe.
class AreaTree {
 public:
  // `rule` and `ids` must outlive this. `language` is the language of names that come from the
  // file.
  AreaTree(const AreaRule& rule, std::string language, IdRegister& ids);

  // Adds the area with this path and the areas above it, unless they are known. Returns its id.
  // `path` has one non-empty value for each level, and `names` the name for each level, "" if the
  // file gives none. Returns the errors of IdRegister::Add.
  absl::StatusOr<std::string> Add(const std::vector<std::string>& path,
                                  const std::vector<std::string>& names, int line);

  // Returns INVALID_ARGUMENT ROOT_COUNT if the paths begin with several areas and the mapping has
  // no root above them.
  absl::Status CheckRoot() const;

  // Returns the areas, parents before their children.
  std::vector<election::Area> TakeAreas() { return std::move(areas_); }
  // Returns oddities that do no harm: areas to which the file gives several names.
  std::vector<std::string> Notes() const;

 private:
  absl::Status AddLevel(std::size_t level, const std::vector<std::string>& path,
                        const std::string& key, const std::string& name, int line);

  const AreaRule& rule_;
  const std::string language_;
  IdRegister& ids_;
  std::vector<election::Area> areas_{};
  absl::flat_hash_map<std::string, std::string> id_by_path_{};  // values joined by a NUL
  // Each name is from the first row that names the path.
  absl::flat_hash_map<std::string, std::string> name_by_path_{};
  std::vector<std::string> top_values_{};
  int names_differing_ = 0;
  std::string first_difference_{};
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_IMPORT_AREA_TREE_H_
