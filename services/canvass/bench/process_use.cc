#include "services/canvass/bench/process_use.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace canvass::cli::bench {
namespace {

std::string ReadProc(pid_t pid, const std::string& name) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/", name));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Fields of /proc/PID/stat (see proc(5)). They follow the process name, which may contain any
// character.
struct Stat {
  std::int64_t parent = 0;
  std::int64_t own_ticks = 0;
  std::int64_t ended_children_ticks = 0;
};

Stat ReadStat(pid_t pid) {
  const std::string text = ReadProc(pid, "stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipWhitespace());
  constexpr std::size_t kParent = 1;
  constexpr std::size_t kUserTicks = 11;
  constexpr std::size_t kFieldsNeeded = 15;
  if (fields.size() < kFieldsNeeded) return {};
  const auto number = [&fields](std::size_t field) {
    std::int64_t value = 0;
    return absl::SimpleAtoi(fields[field], &value) ? value : 0;
  };
  return {.parent = number(kParent),
          .own_ticks = number(kUserTicks) + number(kUserTicks + 1),
          .ended_children_ticks = number(kUserTicks + 2) + number(kUserTicks + 3)};
}

double SecondsOf(std::int64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Returns the number of a line "NAME:   123 kB" in bytes, or 0 if there is no such line.
std::int64_t BytesOf(const std::string& text, const std::string& name) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    std::int64_t kibibytes = 0;
    for (const std::string& word : words) {
      if (line.starts_with(name + ":") && absl::SimpleAtoi(word, &kibibytes)) {
        return kibibytes * 1024;
      }
    }
  }
  return 0;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &pid) &&
        ReadStat(pid).parent == parent) {
      children.push_back(pid);
    }
  }
  std::sort(children.begin(), children.end());
  return children;
}

}  // namespace

ProcessUse UseOf(pid_t pid) {
  const std::string status = ReadProc(pid, "status");
  return {.cpu_seconds = SecondsOf(ReadStat(pid).own_ticks),
          .memory_bytes = BytesOf(status, "VmRSS"),
          .memory_peak_bytes = BytesOf(status, "VmHWM")};
}

ProcessUse UseOfTree(pid_t pid) {
  // A child that ends during the measurement may be counted in neither sum or in both, so the
  // measurement is repeated.
  for (;;) {
    const std::vector<pid_t> children = ChildrenOf(pid);
    const Stat server = ReadStat(pid);
    ProcessUse use{.cpu_seconds = SecondsOf(server.own_ticks + server.ended_children_ticks),
                   .memory_bytes = BytesOf(ReadProc(pid, "smaps_rollup"), "Pss")};
    for (const pid_t child : children) {
      use.cpu_seconds += SecondsOf(ReadStat(child).own_ticks);
      use.memory_bytes += BytesOf(ReadProc(child, "smaps_rollup"), "Pss");
    }
    if (ChildrenOf(pid) == children) return use;
  }
}

}  // namespace canvass::cli::bench
