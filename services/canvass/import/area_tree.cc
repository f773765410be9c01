#include "services/canvass/import/area_tree.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "fmt/format.h"

namespace canvass::cli {
namespace {

constexpr char kKeySeparator = '\0';

}  // namespace

election::LocalizedText FilledIn(const election::LocalizedText& names, const std::string& value) {
  election::LocalizedText filled = names;
  for (auto& [language, text] : filled) text = absl::StrReplaceAll(text, {{"{}", value}});
  return filled;
}

AreaTree::AreaTree(const AreaRule& rule, std::string language, IdRegister& ids)
    : rule_(rule), language_(std::move(language)), ids_(ids) {
  if (!rule_.root) return;
  areas_.push_back(*rule_.root);
  // The register is still empty, so the id cannot collide.
  static_cast<void>(ids_.Add(rule_.root->id, "area.root of the mapping", 0));
}

absl::StatusOr<std::string> AreaTree::Add(const std::vector<std::string>& path,
                                          const std::vector<std::string>& names, int line) {
  if (path.empty()) return rule_.root->id;
  std::string key;
  for (std::size_t level = 0; level < path.size(); ++level) {
    key += path[level];
    key += kKeySeparator;
    const absl::Status added = AddLevel(level, path, key, names[level], line);
    if (!added.ok()) return added;
  }
  return id_by_path_.at(key);
}

absl::Status AreaTree::AddLevel(std::size_t level, const std::vector<std::string>& path,
                                const std::string& key, const std::string& name, int line) {
  if (id_by_path_.contains(key)) {
    const std::string& first_name = name_by_path_[key];
    if (name == first_name || names_differing_++ > 0) return absl::OkStatus();
    first_difference_ = fmt::format("line {}: '{}' instead of '{}'", line, name, first_name);
    return absl::OkStatus();
  }
  std::vector<std::string> slugs;
  for (std::size_t i = 0; i <= level; ++i) slugs.push_back(Slug(path[i]));
  const std::string own_path =
      absl::StrJoin(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(level) + 1, " / ");
  const std::string joined = absl::StrJoin(slugs, ".");
  const std::string id = FittingId(rule_.prefix + joined);
  if (slugs.back().empty()) {
    return MakeError(reason::kIdEmpty,
                     fmt::format("Line {}: the area '{}' has no letter or digit to make an id from",
                                 line, own_path));
  }
  const absl::Status registered = ids_.Add(id, "area " + own_path, line);
  if (!registered.ok()) return registered;
  const AreaLevel& rule = rule_.levels[level];
  std::string parent_id = rule_.root ? rule_.root->id : "";
  if (level > 0)
    parent_id = id_by_path_.at(key.substr(0, key.rfind(kKeySeparator, key.size() - 2) + 1));
  election::LocalizedText names = FilledIn(rule.names, path[level]);
  if (!name.empty()) names = {{language_, name}};
  if (names.empty()) names = {{language_, path[level]}};
  areas_.push_back({.id = id, .parent_id = parent_id, .kind = rule.kind, .names = names});
  id_by_path_[key] = id;
  name_by_path_[key] = name;
  if (level == 0) top_values_.push_back(path[0]);
  return absl::OkStatus();
}

absl::Status AreaTree::CheckRoot() const {
  if (rule_.root || top_values_.size() == 1) return absl::OkStatus();
  return MakeError(reason::kRootCount,
                   fmt::format("The area paths begin with {} different areas ({}). Add an "
                               "\"area\".\"root\" to the mapping, which contains all of them",
                               top_values_.size(), fmt::join(top_values_, ", ")));
}

std::vector<std::string> AreaTree::Notes() const {
  if (names_differing_ == 0) return {};
  return {
      fmt::format("{} rows give an area another name than the first row of the area ({}). The "
                  "first name is used.",
                  names_differing_, first_difference_)};
}

}  // namespace canvass::cli
