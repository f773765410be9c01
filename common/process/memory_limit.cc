#include "common/process/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace canvass::process {
namespace {

// A mounted hierarchy of control groups that may limit memory.
struct Hierarchy {
  bool version2 = false;
  std::string group{};  // the group that is mounted, "/" for the highest
  std::string folder{};
};

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool HasWord(std::string_view list, std::string_view word) {
  const std::vector<std::string> words = absl::StrSplit(std::string(list), ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Lines are "ID PARENT DEVICE GROUP FOLDER OPTIONS [TAG]... - TYPE SOURCE OPTIONS".
std::vector<Hierarchy> MountedHierarchies(const std::string& root) {
  std::vector<Hierarchy> mounted;
  for (const std::string& line : LinesOf(StrCat(root, "/proc/self/mountinfo"))) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 4) continue;
    const bool version2 = dash[1] == "cgroup2";
    if (!version2 && !(dash[1] == "cgroup" && HasWord(dash[3], "memory"))) continue;
    mounted.push_back(
        {.version2 = version2, .group = std::string(fields[3]), .folder = StrCat(root, fields[4])});
  }
  return mounted;
}

// The group of this process. Lines are "NUMBER:CONTROLLERS:GROUP"; version 2 has "0::GROUP".
std::string OwnGroup(const std::string& root, bool version2) {
  for (const std::string& line : LinesOf(StrCat(root, "/proc/self/cgroup"))) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool found = version2 ? line.starts_with("0::") : HasWord(controllers, "memory");
    if (found) return line.substr(second + 1);
  }
  return "/";
}

// The path of `group` below the mounted one, "" for the mounted one itself. A group that lies
// outside cannot be seen; the mounted one is the nearest that can.
std::string Below(std::string_view mounted, std::string_view group) {
  if (mounted == "/") mounted = "";
  const bool inside = group.starts_with(mounted) &&
                      (group.size() == mounted.size() || group[mounted.size()] == '/');
  if (!inside || group.find("/..") != std::string_view::npos) return "";
  const std::string_view below = group.substr(mounted.size());
  return below == "/" ? "" : std::string(below);
}

// "max" stands for no limit.
std::optional<std::int64_t> ReadLimit(const std::string& path) {
  const std::vector<std::string> lines = LinesOf(path);
  std::int64_t bytes = 0;
  if (lines.empty() || !absl::SimpleAtoi(lines.front(), &bytes)) return std::nullopt;
  return bytes;
}

std::optional<std::int64_t> Smaller(std::optional<std::int64_t> left,
                                    std::optional<std::int64_t> right) {
  if (!left || !right) return left ? left : right;
  return std::min(*left, *right);
}

std::optional<std::int64_t> LimitOf(const std::string& folder, bool version2) {
  if (!version2) return ReadLimit(StrCat(folder, "/memory.limit_in_bytes"));
  return Smaller(ReadLimit(StrCat(folder, "/memory.max")),
                 ReadLimit(StrCat(folder, "/memory.high")));
}

}  // namespace

std::optional<std::int64_t> MemoryLimit(const std::string& root) {
  // What version 1 says for "no limit": the largest number of whole pages, whatever their size.
  constexpr std::int64_t kNoLimit = std::int64_t{1} << 62;
  std::optional<std::int64_t> limit;
  for (const Hierarchy& hierarchy : MountedHierarchies(root)) {
    std::string group = Below(hierarchy.group, OwnGroup(root, hierarchy.version2));
    for (;;) {
      limit = Smaller(limit, LimitOf(StrCat(hierarchy.folder, group), hierarchy.version2));
      if (group.empty()) break;
      group.resize(group.rfind('/'));
    }
  }
  return limit && *limit < kNoLimit ? limit : std::nullopt;
}

std::int64_t MemoryOfMachine() {
  const std::int64_t bytes =
      static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return std::min(bytes, MemoryLimit().value_or(bytes));
}

}  // namespace canvass::process
